"""What can be done with archives."""

from hourloom.archive.service.exports import ArchiveExports
from hourloom.archive.service.imports import ArchiveImports

__all__ = ["ArchiveExports", "ArchiveImports"]
