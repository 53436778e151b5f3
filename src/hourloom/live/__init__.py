"""The live feed: committed Changes in order, to whoever listens, and commands over the same socket."""
