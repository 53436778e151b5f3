"""Who comes in and what opens the database, over HTTP."""
