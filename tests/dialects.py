"""On which databases a module's tests run."""

from __future__ import annotations

import pytest

POSTGRESQL_LATER = [
    "sqlite",
    pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.soak]),
]
"""For a `dialect` fixture of a module that is about what lies before the database: there `make test` asks
SQLite, and `make soak` PostgreSQL too."""
