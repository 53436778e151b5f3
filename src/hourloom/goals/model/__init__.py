"""What goals are, and what follows from them and from what was done."""
