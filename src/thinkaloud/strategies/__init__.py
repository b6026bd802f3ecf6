"""Ways to ask a model: one short file per strategy. Strategies ask for one thing at a time and know nothing of
batches."""
