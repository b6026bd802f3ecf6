"""The net of Stockfish 15.1: read, written, computed as the engine does, and trained further. Knows no study."""
