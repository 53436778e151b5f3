"""Facts about the program at the other end of a connection, asked for only when somebody wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Kind = Literal["tcp", "unix"]
Lookup = Callable[[], int | None]


class Peer:
    """The other end of one connection; its uid is looked up once, when it is first asked for."""

    __slots__ = ("_lookup", "_uid", "kind", "loopback")

    def __init__(self, kind: Kind, lookup: Lookup | int | None, *, loopback: bool) -> None:
        self.kind = kind
        self.loopback = loopback
        self._lookup: Lookup | None = lookup if callable(lookup) else None
        self._uid: int | None = None if callable(lookup) else lookup

    @property
    def uid(self) -> int | None:
        """Return who runs the program at the other end, or None when nobody can say."""
        if self._lookup is not None:
            self._uid, self._lookup = self._lookup(), None
        return self._uid

    def __repr__(self) -> str:
        return f"Peer({self.kind!r}, loopback={self.loopback})"
