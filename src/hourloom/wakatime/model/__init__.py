"""Beats of editors, how they are read, joined to spans and summed up."""
