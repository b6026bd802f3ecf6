"""Units done by workers in other processes and on other machines, to the bytes of one process."""
