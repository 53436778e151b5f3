"""The whole server in memory over a real database: no socket, no process, a clock to set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from hourloom.assembly import Live, Server
from hourloom.configuration import Configuration
from hourloom.core.actors import Actor
from hourloom.core.changes import RecordedChange
from hourloom.testing.client import Client
from hourloom.testing.clock import FixedClock
from hourloom.testing.databases import OpenDatabase

PORT = 5600

State = TypeVar("State")
Service = TypeVar("Service")
Result = TypeVar("Result")


class ServerInMemory:
    """An assembled server, its client, and all that it announced."""

    def __init__(self, server: Server, clock: FixedClock, changes: list[RecordedChange]) -> None:
        self.server, self.clock, self.changes = server, clock, changes
        self.database = server.database
        self._runner = asyncio.Runner()
        self._application = server.application(PORT)
        self._lifespan = server.running()
        self.client = Client(self._application, self.run, port=PORT)
        """A client without a token, as this user on this computer."""

    @property
    def owner(self) -> Actor:
        """Return the local user with all rights."""
        return self.server.owner

    def service(self, kind: type[Service]) -> Service:
        """Return the service of a class."""
        found = self.server.services[kind]
        assert isinstance(found, kind)  # services are kept by their class
        return found

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:  # any coroutine
        """Run a coroutine on the server's loop; what the server does by itself moves on meanwhile."""
        return self._runner.run(coroutine)

    def write(self, work: Callable[[], Result]) -> Result:
        """Run a write of a service as a write route does."""
        return self.run(self.database.run_write(work))

    def client_with(self, *scopes: str) -> Client:
        """Return a client that shows a new token of some scopes."""
        accounts = self.server.accounts
        issued = self.write(lambda: accounts.issue_token(self.owner, "test", list(scopes)))
        return self.client.with_token(issued.secret)

    def verify_changes(
        self,
        action: Callable[[], object],
        state: Callable[[], State],
        apply: Callable[[State, RecordedChange], State],
    ) -> list[RecordedChange]:
        """Hold the law of live state: old state + announced Changes = fresh state; return the Changes."""
        before, announced = state(), len(self.changes)
        action()
        changes = self.changes[announced:]
        for change in changes:
            before = apply(before, change)
        assert before == state(), f"{[change.kind for change in changes]} do not tell the whole story"
        return changes

    def start(self) -> None:
        """Start what the server does by itself."""
        self.run(self._lifespan.__aenter__())

    def stop(self) -> None:
        """Stop it and close the database."""
        try:
            self.run(self._lifespan.__aexit__(None, None, None))
        finally:
            self._runner.close()
            self.database.close()


@contextmanager
def a_server(
    open_database: OpenDatabase,
    directory: Path,
    clock: FixedClock | None = None,
    **configuration: Any,  # fields of Configuration
) -> Iterator[ServerInMemory]:
    """Assemble a server in memory; stop it in the end."""
    clock = clock or FixedClock()
    live, announced = Live(clock), list[RecordedChange]()

    def publish(changes: Iterable[RecordedChange]) -> None:
        committed = list(changes)
        announced.extend(committed)
        live.hub.publish(committed)

    directories = {"data_dir": directory / "data", "config_dir": directory / "config"}
    database = open_database(live.feed.record, publish)
    try:
        server = Server(Configuration(port=PORT, **(directories | configuration)), database, clock, live)
        running = ServerInMemory(server, clock, announced)
    except BaseException:
        database.close()
        raise
    running.start()
    try:
        yield running
    finally:
        running.stop()
