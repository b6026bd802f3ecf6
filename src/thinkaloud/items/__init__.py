"""Studies over items of tasks: which questions are drawn, at which level, and how groups of them are measured."""
