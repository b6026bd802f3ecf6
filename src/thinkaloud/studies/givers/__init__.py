"""The study of givers: what they were trained on, and against whom."""
