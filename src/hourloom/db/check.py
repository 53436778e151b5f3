"""Check every SQL statement of the source on both databases: `python -m hourloom.db.check`.

Statements are literals, their parameters are what the call passes, their columns are the model's
fields, both databases can plan them, and none walks through all events or payloads without a reason.
"""

from __future__ import annotations

import ast
import re
import runpy
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hourloom.db.migrate import prepare_postgres, prepare_sqlite
from hourloom.db.snapshot import a_postgres
from hourloom.db.sqlite import connect
from hourloom.db.statements import ByDialect, Dialect, Sql, in_dialect, numbered, parameters_of

if TYPE_CHECKING:
    from sqlite3 import Connection

    import psycopg

SOURCE = Path(__file__).parent.parent
NOT_FEATURES = ("db", "testing")

METHODS = {"rows": 0, "execute": 0, "many": 0, "value": 0, "number": 0, "all": 1, "one": 1}
"""What runs statements, and at which place each takes the text."""

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")

LARGE_TABLES = ("events", "payloads")

MAY_SCAN = {
    "care/store.py events_by_type": "counted every ten minutes at most, off the writer",
    "care/store.py used_payloads": "as above, when somebody asks for statistics",
    "care/store.py all_payloads": "as above",
    "local/doctor/store.py lost_payloads": "the doctor reads all once, on a connection of its own",
    "local/doctor/store.py events_of_lost_payloads": "as above",
    "local/doctor/store.py number_of_payloads": "as above",
    "local/doctor/store.py events_inside_out": "as above",
    "tracking/store/archived.py drop_bucket": "done only where there are few events",
    "tracking/store/archived.py has_few_events": "ends after a few",
    "tracking/store/payloads.py used_payloads": "the daily clean-up reads all events once, off the writer",
    "tracking/store/payloads.py all_payloads": "the daily clean-up reads all payloads once, off the writer",
}
"""Statements that walk through a large table, each with its reason."""


class Statement(NamedTuple):
    """One call that runs SQL."""

    place: str
    line: int
    sql: Sql
    parameters: frozenset[str]
    model: object | None

    def __str__(self) -> str:
        return f"{self.place} (line {self.line})"


class Planner(Protocol):
    """A migrated database that can say what it would do."""

    dialect: Dialect

    def faults(self, statement: Statement) -> Iterator[str]:
        """Return what is wrong with a statement there."""
        ...


class NotLiteral(Exception):
    """Why a call cannot be checked."""


def faults_of(files: Iterable[Path], planners: Sequence[Planner], source: Path = SOURCE) -> list[str]:
    """Return everything that is wrong with the statements of some files."""
    found: list[str] = []
    for path in files:
        for call in _calls(path, source):
            if isinstance(call, str):
                found.append(call)
                continue
            found += [f"{call}: {fault}" for fault in _faults_in_text(call)]
            found += [f"{call}: {p.dialect}: {fault}" for p in planners for fault in p.faults(call)]
    return found


def source_files(source: Path = SOURCE) -> list[Path]:
    """Return the files of all features."""
    return [p for p in sorted(source.rglob("*.py")) if p.relative_to(source).parts[0] not in NOT_FEATURES]


def _calls(path: Path, source: Path) -> Iterator[Statement | str]:
    """Read the calls of one file; what cannot be read is told as a sentence."""
    tree = ast.parse(path.read_text("utf-8"))
    name = path.relative_to(source).as_posix()
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    names: Mapping[str, object] = {}
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _runs_sql(node.func):
                names = names or runpy.run_path(str(path))
                try:
                    yield _statement(node, f"{name} {function.name}", names)
                except NotLiteral as why:
                    yield f"{name} {function.name} (line {node.lineno}): {why}"


def _runs_sql(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute) or function.attr not in METHODS:
        return False
    owner = function.value
    name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
    return name.lstrip("_") == "tx"


def _statement(call: ast.Call, place: str, names: Mapping[str, object]) -> Statement:
    assert isinstance(call.func, ast.Attribute)  # only such calls come here
    method, arguments = call.func.attr, call.args
    at = METHODS[method]
    if len(arguments) != at + 1 + (method == "many"):
        raise NotLiteral("the statement must be the one argument by position")
    parameters = _keys_of_rows(arguments[1]) if method == "many" else _keywords(call)
    model = names.get(arguments[0].id) if at and isinstance(arguments[0], ast.Name) else None
    if at and model is None:
        raise NotLiteral("the model must be a name of this module")
    return Statement(place, call.lineno, _literal(arguments[at]), parameters, model)


def _literal(node: ast.expr) -> Sql:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ByDialect":
        by_name = {keyword.arg: keyword.value for keyword in node.keywords}
        if not node.args and by_name.keys() == {"sqlite", "postgresql"}:
            texts = [_literal(by_name["sqlite"]), _literal(by_name["postgresql"])]
            return ByDialect(*(text for text in texts if isinstance(text, str)))
    raise NotLiteral("the statement must be written out as a literal")


def _keywords(call: ast.Call) -> frozenset[str]:
    if any(keyword.arg is None for keyword in call.keywords):
        raise NotLiteral("parameters must be passed by name, not with **")
    return frozenset(keyword.arg for keyword in call.keywords if keyword.arg)


def _keys_of_rows(node: ast.expr) -> frozenset[str]:
    row = node.elt if isinstance(node, ast.ListComp) else None
    if not isinstance(row, ast.Dict) or not all(isinstance(key, ast.Constant) for key in row.keys):
        raise NotLiteral("the rows must be a list comprehension of a dict with literal keys")
    return frozenset(str(key.value) for key in row.keys if isinstance(key, ast.Constant))


def _faults_in_text(statement: Statement) -> Iterator[str]:
    texts = [statement.sql] if isinstance(statement.sql, str) else list(statement.sql)
    for text in texts:
        if not text.strip().upper().startswith(VERBS) or ";" in re.sub(r"'[^']*'", "", text):
            yield f"it must be one of {', '.join(VERBS)}, and a single one"
    wanted = frozenset().union(*(parameters_of(text) for text in texts))
    for name in sorted(wanted - statement.parameters):
        yield f"the parameter :{name} is not passed"
    for name in sorted(statement.parameters - wanted):
        yield f"the parameter {name} is passed and not used"


class SqlitePlanner:
    """Plans statements on the embedded database."""

    dialect: Dialect = "sqlite"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def faults(self, statement: Statement) -> Iterator[str]:
        """Return what is wrong: it cannot be planned, or reads a large table from end to end."""
        text = in_dialect(statement.sql, self.dialect)
        try:
            plan = self._connection.execute(
                "EXPLAIN QUERY PLAN " + text, dict.fromkeys(parameters_of(text))
            ).fetchall()
        except Exception as error:  # noqa: BLE001 - any error is the answer
            yield str(error)
            return
        if statement.place not in MAY_SCAN:
            yield from (
                f"it reads a large table from end to end: {step[3]}" for step in plan if scans(text, step[3])
            )


class PostgresPlanner:
    """Plans statements on the team database, and compares their columns with the model."""

    dialect: Dialect = "postgresql"

    def __init__(self, connection: psycopg.Connection[Any]) -> None:  # rows of any shape
        self._connection = connection

    def faults(self, statement: Statement) -> Iterator[str]:
        """Return what is wrong: it cannot be planned, or its columns are not the model's fields."""
        text, _ = numbered(in_dialect(statement.sql, self.dialect))
        pgconn = self._connection.pgconn
        prepared = pgconn.prepare(b"", text.encode())
        if prepared.error_message:
            yield prepared.get_error_message().partition("\n")[0]
            return
        if statement.model is not None:
            described = pgconn.describe_prepared(b"")
            columns = [(described.fname(i) or b"").decode() for i in range(described.nfields)]
            yield from _faults_of_columns(columns, statement.model)
        explained = pgconn.exec_(b"EXPLAIN (GENERIC_PLAN) " + text.encode())
        if explained.error_message:
            yield explained.get_error_message().partition("\n")[0]


def _faults_of_columns(columns: list[str], model: object) -> Iterator[str]:
    fields = getattr(model, "__struct_fields__", None) or getattr(model, "_fields", None)
    if fields is None:
        count = len(signature(model).parameters) if callable(model) else 0
        if count != len(columns):
            yield f"{len(columns)} columns for a function of {count} parameters"
    elif list(fields) != columns:
        yield f"the columns {columns} are not the fields {list(fields)}"


def scans(sql: str, step: str) -> bool:
    """Return whether a step of a plan walks through a large table, under whatever name."""
    # An index made for one statement is a walk too.
    found = re.match(r"(?:SCAN|SEARCH(?= \w+ USING AUTOMATIC)) (\w+)", step)
    if found is None:
        return False
    named = re.findall(rf"\b({'|'.join(LARGE_TABLES)})\b(?:\s+AS)?(?:\s+(\w+))?", sql, re.IGNORECASE)
    return found[1] in {name for pair in named for name in pair}


@contextmanager
def sqlite_planner() -> Iterator[SqlitePlanner]:
    """Migrate an embedded database and plan on it."""
    with tempfile.TemporaryDirectory() as directory:
        connection = connect(Path(directory) / "check.db", None)
        try:
            prepare_sqlite(connection, "check.db")
            yield SqlitePlanner(connection)
        finally:
            connection.close()


@contextmanager
def postgres_planner() -> Iterator[PostgresPlanner]:
    """Migrate a real PostgreSQL and plan on it."""
    import psycopg  # noqa: PLC0415 - an optional dependency

    with a_postgres() as server, psycopg.connect(server.get_uri(), autocommit=True) as connection:
        prepare_postgres(connection)
        yield PostgresPlanner(connection)


def main() -> int:
    """Print what is wrong, a line for each fault."""
    with sqlite_planner() as sqlite, postgres_planner() as postgres:
        faults = faults_of(source_files(), [sqlite, postgres])
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
