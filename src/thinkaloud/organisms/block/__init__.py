"""A small real model that was taught to reason inside `<think>` tags: SmolLM2-135M with a LoRA adapter.

`template.py` is how its turns are written, `lessons.py` what it is taught, `train.py` teaches it (needs torch),
`measured.py` measures what came of it, `adapter.py` is the file that ships, and `opened.py` opens the model by name.
"""
