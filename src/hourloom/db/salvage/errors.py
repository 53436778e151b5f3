"""Why a database cannot be salvaged: one class and one sentence for each."""

from __future__ import annotations

from hourloom.core.errors import Refused, StorageFull


class NothingReadable(Refused):
    """No page of {database} can be read with its key; restore a backup."""


class NoRoomToSalvage(StorageFull):
    """Salvaging {database} needs {needed} MiB free beside it, and {free} MiB are free."""


class SalvageNotSound(Refused):
    """What was read from {database} does not make a sound database ({reason}); nothing was changed."""


class SalvageFailed(Refused):
    """{database} could not be salvaged ({reason}); nothing was changed."""
