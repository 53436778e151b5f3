"""Examine a data directory and its surroundings, say what is wrong, and put it right if told to."""
