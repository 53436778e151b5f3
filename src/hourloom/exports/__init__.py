"""Turns tables and documents into the bytes of files; knows no database."""
