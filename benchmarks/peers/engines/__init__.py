"""The peers, a short file each, imported only in the environment that has what it needs."""
