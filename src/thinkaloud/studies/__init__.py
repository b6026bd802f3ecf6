"""The questions people run: one file each, composed from tasks, strategies, interventions and metrics."""
