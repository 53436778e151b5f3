"""Python client for the server's HTTP API."""
