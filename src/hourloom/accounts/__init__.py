"""Users, workspaces, tokens and single-use tickets."""
