"""How the record goes into an archive, and comes from one."""
