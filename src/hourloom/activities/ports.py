"""What others may implement: categorisers, such as a local model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from hourloom.activities.model.subject import Description


class Choice(msgspec.Struct, frozen=True):
    """A category that a categoriser may choose."""

    category_id: int
    path: tuple[str, ...]
    """Its name behind the names of those above it."""
    shipped: str | None
    """The key that it had in the default tree, whatever its user calls it now."""


class Answer(NamedTuple):
    """What a categoriser says of one description."""

    category_id: int
    confidence: float
    """From 0 to 1."""


class Categoriser(Protocol):
    """Chooses categories in the background, for what nothing stronger decides; slow ones too.

    It is asked again for everything when its version changes. It keeps nothing of what it is shown, and says
    nothing rather than something it does not know.
    """

    @property
    def name(self) -> str:
        """Return what it is called, the same in all versions."""
        ...

    @property
    def version(self) -> str:
        """Return a word that changes whenever its answers may."""
        ...

    def answer(
        self, descriptions: Sequence[Description], choices: Sequence[Choice]
    ) -> Sequence[Answer | None]:
        """Return an answer, or None, for each description, in their order."""
        ...
