"""What stands between a question and its answer: how a model is asked, what is done to its reasoning, and `bench.py`,
which composes both. One method a file; nothing here knows studies, batches or tokens."""
