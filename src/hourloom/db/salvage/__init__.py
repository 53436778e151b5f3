"""Read out of a damaged database whatever can be read, and make a sound one of it."""
