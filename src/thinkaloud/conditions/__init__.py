"""What stands between a question and its answer."""
