"""Ways to spend a budget on a question: from a snap judgement to a tree of sub-processes."""
