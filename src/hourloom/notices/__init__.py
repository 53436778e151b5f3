"""What the server has to tell its user, until it is over or was read."""
