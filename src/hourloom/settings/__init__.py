"""What each user prefers: a registry of settings, their values, and ActivityWatch's own."""
