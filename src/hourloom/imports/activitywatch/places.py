"""The sources of an import that the server does itself."""

from __future__ import annotations

from collections.abc import Iterator

from hourloom.imports.ports import Source
from hourloom.workers.spool import SpoolFile


class Places:
    """What of ActivityWatch is on this computer, and what is handed in; loaded when it is first asked for."""

    def found(self) -> Iterator[tuple[str, str]]:
        """Yield addresses and paths in the usual places, each with a name; asks programs and reads files."""
        from hourloom.imports.activitywatch.usual import found  # noqa: PLC0415 - most servers never import

        return found()

    def opened(self, place: str) -> Source:
        """Open one of them."""
        from hourloom.imports.activitywatch.opening import open_source  # noqa: PLC0415 - as above

        return open_source(place)

    def spooled(self, file: SpoolFile, name: str) -> Source:
        """Open a file that was handed in."""
        from hourloom.imports.activitywatch.apart import open_spooled  # noqa: PLC0415 - as above

        return open_spooled(file, name)
