"""Told to keep a word out of its reasoning, can the model?"""
