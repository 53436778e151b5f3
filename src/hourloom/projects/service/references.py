"""Who refers to projects and tags, and what becomes of that when one goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hourloom.core.actors import Actor
from hourloom.core.ids import OperationId
from hourloom.db.transaction import Transaction
from hourloom.operations.service import Operations
from hourloom.projects.ports import Labelling, Use

MOST_NAMED = STEPS_AT_ONCE = 100
ITSELF = "itself"
"""The step that holds what the project or tag was; the others belong to features that refer to it."""


class Referrer(Protocol):
    """A feature whose rows refer to projects or tags; asked within the write that changes them."""

    @property
    def name(self) -> str:
        """Return the word under which it finds again what it dropped."""
        ...

    def uses(self, tx: Transaction, who: Actor, kind: Labelling, number: int, /) -> list[Use]:
        """Return what refers to a project or tag; a hundred are enough to say.

        What belongs to another user of the workspace is told without number and name.
        """
        ...

    def replace(
        self, tx: Transaction, who: Actor, kind: Labelling, number: int, by: int | None, /
    ) -> object | None:
        """Let what refers to a project or tag refer to another one, or with None to nothing.

        Return what it needs to take that back, to be kept as JSON; None where nothing referred to it.
        """
        ...

    def take_back(self, tx: Transaction, who: Actor, was: bytes, /) -> None:
        """Let everything refer again to what it did; leave alone what was changed since."""
        ...


class References:
    """The features above that refer to projects and tags."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._referrers: dict[str, Referrer] = {}

    def add(self, referrer: Referrer) -> None:
        """Ask a feature from now on."""
        self._referrers[referrer.name] = referrer

    def uses(self, tx: Transaction, who: Actor, kind: Labelling, number: int) -> list[Use]:
        """Return what refers to a project or tag, at most a hundred."""
        found: list[Use] = []
        for referrer in self._referrers.values():
            found += referrer.uses(tx, who, kind, number)
        return found[:MOST_NAMED]

    def replace(
        self,
        tx: Transaction,
        who: Actor,
        operation: OperationId,
        kind: Labelling,
        number: int,
        by: int | None,
    ) -> None:
        """Let all that refers to a project or tag refer to another one or none, as a part of an operation."""
        for name, referrer in self._referrers.items():
            was = referrer.replace(tx, who, kind, number, by)
            if was is not None:
                self._operations.keep_step(operation, name, was)

    def undo(
        self, tx: Transaction, who: Actor, operation: OperationId, put_back: Callable[[bytes], None]
    ) -> None:
        """Take an operation back: first itself by a function, then what referred to it does again."""
        itself: list[bytes] = []
        others: list[tuple[str, bytes]] = []

        def sort(_tx: Transaction, name: str, was: bytes) -> None:
            if name == ITSELF:
                itself.append(was)
            else:
                others.append((name, was))

        while self._operations.take_steps_back(operation, STEPS_AT_ONCE, sort):
            pass
        for was in itself:
            put_back(was)
        for name, was in others:
            # A feature that is gone has nothing that could refer.
            if name in self._referrers:
                self._referrers[name].take_back(tx, who, was)
