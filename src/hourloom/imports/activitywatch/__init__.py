"""Moving in from ActivityWatch: a running server, an export file, or a server's database.

Empty on purpose: a server reads exports, and must not load the HTTP client and the database driver of
the other sources for that.
"""
