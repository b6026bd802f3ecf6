"""What makes a run folder whole: its end, the merging of shards, and the proof that nothing is missing."""
