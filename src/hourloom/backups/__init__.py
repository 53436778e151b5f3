"""Backups: checked copies of the database, kept where a dead computer cannot take them along."""
