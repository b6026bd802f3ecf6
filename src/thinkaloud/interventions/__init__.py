"""What is done to visible thinking: transcript to transcript, one short file each.

`paraphrase` and `mistake` need a task that reads its own steps and are methods of `Task`; `resample` is a second
`think`.
"""
