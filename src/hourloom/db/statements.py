"""SQL text for both databases: `:name` parameters, and the rare statement that differs by dialect."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

Dialect = Literal["sqlite", "postgresql"]
Value = int | float | str | bytes | None | list[int] | list[str] | list[str | None] | list[bytes]

WRITE_LOCK = 0x484C << 48
"""The advisory lock of all writes on a team database; a workspace's own is this plus its number."""


class ByDialect(NamedTuple):
    """One statement in the two dialects, for the few that cannot be written once."""

    sqlite: str
    postgresql: str


Sql = str | ByDialect

# A quoted string, a cast (`::`), or a parameter: only the last is translated.
_TOKEN = re.compile(r"'(?:[^']|'')*'|::|%|:([a-z_][a-z0-9_]*)")


def in_dialect(sql: Sql, dialect: Dialect) -> str:
    """Return the statement's text for one dialect, still with `:name` parameters."""
    if isinstance(sql, str):
        return sql
    return sql.sqlite if dialect == "sqlite" else sql.postgresql


@lru_cache(maxsize=1024)
def for_psycopg(sql: str) -> str:
    """Rewrite `:name` parameters as psycopg's `%(name)s`."""

    def rewrite(match: re.Match[str]) -> str:
        if name := match[1]:
            return f"%({name})s"
        return match[0].replace("%", "%%")

    return _TOKEN.sub(rewrite, sql)


def parameters_of(sql: str) -> set[str]:
    """Return the names of a statement's parameters."""
    return {match[1] for match in _TOKEN.finditer(sql) if match[1]}


def numbered(sql: str) -> tuple[str, list[str]]:
    """Rewrite `:name` parameters as PostgreSQL's own `$1`, and return their names in that order."""
    names: list[str] = []

    def rewrite(match: re.Match[str]) -> str:
        if not match[1]:
            return match[0]
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return _TOKEN.sub(rewrite, sql), names
