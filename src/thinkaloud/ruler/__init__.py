"""The instrument held against the truth: what must be read on whom, what was read, and cards that say so."""
