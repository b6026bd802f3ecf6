"""Breakthrough learned by small networks: many boards at once, nets, lessons, and what they play. Knows no study."""
