"""What a run spends: prices, counters, and a trace of a tree of calls."""
