"""Everything of a workspace in one file that any Hourloom reads back without loss."""
