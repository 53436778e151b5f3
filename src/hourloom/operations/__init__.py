"""What people did, kept so that it can be undone."""
