"""Who is told of a Change: whoever may read its feature; of a personal one just the user it belongs to."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.changes import Change, PersonalChange, RecordedChange

UNKNOWN = "admin"
"""Seeing Changes of a feature that is no longer there, such as a removed plug-in's."""

_known: dict[str, str] = {}
_personal: set[str] = set()


class _Belongs(msgspec.Struct):
    user_id: int | None = None


_belongs = msgspec.json.Decoder(_Belongs).decode


def may_see(actor: Actor, told: RecordedChange) -> bool:
    """Return whether an actor may be told of a Change."""
    if not actor.may(scope_of(told.kind)):
        return False
    return told.kind not in _personal or _belongs(told.body).user_id == actor.user_id


def scope_of(kind: str) -> str:
    """Return the scope that a kind of Change asks for."""
    scope = _known.get(kind)
    if scope is None:
        for change in kinds_of_change():
            # First of all whose it is: another thread looks at the name as soon as it is known.
            if issubclass(change, PersonalChange):
                _personal.add(change.__name__)
            _known[change.__name__] = f"{feature_of(change)}:read"
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
