"""What every metric reads where the truth is known, as it was measured."""
