"""The public test kit: real databases, a clock to set, the whole server in memory."""

from hourloom.testing.client import Answer, Client, a_peer
from hourloom.testing.clock import FixedClock
from hourloom.testing.databases import (
    Announced,
    OpenDatabase,
    PostgresServer,
    new_sqlite_file,
    open_postgres,
    open_sqlite,
)
from hourloom.testing.server import ServerInMemory, a_server

__all__ = [
    "Announced",
    "Answer",
    "Client",
    "FixedClock",
    "OpenDatabase",
    "PostgresServer",
    "ServerInMemory",
    "a_peer",
    "a_server",
    "new_sqlite_file",
    "open_postgres",
    "open_sqlite",
]
