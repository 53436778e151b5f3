"""What can be wrong with a query, in the terms ActivityWatch's clients know."""

from __future__ import annotations

from typing import ClassVar, Self

from hourloom.core.errors import Invalid, TimedOut


class QueryError(Invalid):
    """{place}{reason}"""

    aw_type: ClassVar[str] = "QueryException"

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        place = f"Line {line}, column {column}: " if line else ""
        super().__init__(place=place, reason=reason)

    def at(self, line: int, column: int) -> Self:
        """Return the same error with its place, unless it already knows one."""
        return self if self.line else type(self)(self.reason, line, column)


class QueryParseError(QueryError):
    """{place}{reason}"""

    aw_type = "QueryParseException"


class QueryInterpretError(QueryError):
    """{place}{reason}"""

    aw_type = "QueryInterpretException"


class QueryFunctionError(QueryError):
    """{place}{reason}"""

    aw_type = "QueryFunctionException"


class QueryTimedOut(TimedOut):
    """The query took longer than {seconds} s; ask for a shorter period or simplify it."""
