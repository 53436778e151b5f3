"""Care of the server itself: what it stands on, how its database is kept small and fast, what is in it."""
