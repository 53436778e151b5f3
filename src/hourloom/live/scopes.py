"""Which scope lets an actor see a kind of Change: its feature's `read`."""

from __future__ import annotations

from collections.abc import Iterator

from hourloom.core.actors import Actor
from hourloom.core.changes import Change

UNKNOWN = "admin"
"""Seeing Changes of a feature that is no longer there, such as a removed plug-in's."""

_known: dict[str, str] = {}


def may_see(actor: Actor, kind: str) -> bool:
    """Return whether an actor may be told of a kind of Change."""
    return actor.may(scope_of(kind))


def scope_of(kind: str) -> str:
    """Return the scope that a kind of Change asks for."""
    scope = _known.get(kind)
    if scope is None:
        _known.update((change.__name__, f"{feature_of(change)}:read") for change in kinds_of_change())
        scope = _known.get(kind, UNKNOWN)
    return scope


def kinds_of_change(parent: type[Change] = Change) -> Iterator[type[Change]]:
    """Yield every kind of Change that a loaded feature defines."""
    for change in parent.__subclasses__():
        yield change
        yield from kinds_of_change(change)


def feature_of(change: type[Change]) -> str:
    """Return the feature that defines a Change: `hourloom.tracking.model` is of tracking."""
    return change.__module__.split(".")[1] if change.__module__.startswith("hourloom.") else "plugins"
