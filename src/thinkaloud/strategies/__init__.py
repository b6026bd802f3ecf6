"""How it is asked: one short file a strategy. Strategies ask for one thing at a time and know nothing of batches."""
