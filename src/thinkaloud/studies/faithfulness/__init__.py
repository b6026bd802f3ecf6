"""Every published test of faithfulness, with its controls."""
