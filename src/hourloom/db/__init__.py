"""The database: one writer with group commit, snapshot reads, migrations, on SQLite or PostgreSQL."""
