"""Bets: a question and what people expect of it, written down before there is a result, and resolved by code."""
