"""Stand-ins for lost rows that others refer to: what happened is kept, even where its name is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hourloom.core.strict_json import canonical
from hourloom.db.salvage import tree
from hourloom.db.salvage.rebuild import Filling
from hourloom.db.salvage.record import Value, Values
from hourloom.db.salvage.schema import Table
from hourloom.db.salvage.survey import records_of

Digest = Callable[[str, bytes], bytes]
"""Return the digest of a payload in canonical form, under its workspace's key."""

LOST = "lost"

_REFERRING = {
    "payloads": (("events", "payload_id"), ("operation_events", "payload_id"), ("kept_totals", "payload_id")),
    "buckets": (("events", "bucket_id"), ("kept_totals", "bucket_id")),
    "devices": (("buckets", "device_id"),),
    "users": (("members", "user_id"), ("devices", "user_id"), ("tokens", "user_id")),
    "workspaces": (("events", "workspace_id"), ("payloads", "workspace_id"), ("buckets", "workspace_id")),
}
"""Tables whose rows get stand-ins, after those that may make more of them necessary."""

_EVERYWHERE = ({"status": "afk"}, {"status": "not-afk"})
"""Payloads that many have; one that is lost is known again by its digest."""


def mend(filling: Filling, digest: Digest, new_key: Callable[[], bytes], now: int) -> None:
    """Bring back payloads that prove themselves, then make stand-ins for what is still referred to."""
    _bring_back_payloads(filling, digest)
    for name, referring in _REFERRING.items():
        table = next(each for each in filling.schema.tables if each.name == name)
        missing = sorted(_missing(filling, name, referring))
        rows = [(row, _stand_in(filling, table, row, now, new_key())) for row in missing]
        if count := filling.insert(table, rows):
            filling.report.stand_ins[name] = count
    _let_somebody_in(filling, now)
    _digest_anew(filling, digest)


def _bring_back_payloads(filling: Filling, digest: Digest) -> None:
    """Take payloads from pages that cannot be trusted, and common ones, where the digest agrees."""
    payloads = next(each for each in filling.schema.tables if each.name == "payloads")
    keys = dict(filling.connection.execute("SELECT id, payload_key FROM workspaces").fetchall())
    proven = [
        (row, values)
        for row, values in (*_untrusted(filling, payloads), *_remembered(filling, payloads))
        if values[1] in keys and digest(str(values[3]), keys[values[1]]) == values[2]
    ]
    filling.insert(payloads, proven)


def _untrusted(filling: Filling, payloads: Table) -> Iterator[tuple[int, Values]]:
    for number in filling.survey.trees["payloads"].damaged:
        page = filling.pages.unsure(number) if 0 < number <= filling.pages.count else None
        if page is not None and tree.kind_of(page, number) == tree.LEAF_TABLE:
            yield from records_of(filling.pages, page, number, payloads)


def _remembered(filling: Filling, payloads: Table) -> Iterator[tuple[int, Values]]:
    # What is known of a payload beside its body is found again from the body.
    unknown = (None,) * (len(payloads.columns) - 4)
    for row, parts in filling.known.get("payloads", {}).items():
        workspace, found = parts.get(1), parts.get(2)
        if isinstance(workspace, int) and isinstance(found, bytes):
            for body in _EVERYWHERE:
                yield row, (None, workspace, found, canonical(body), *unknown)


def _missing(filling: Filling, name: str, referring: tuple[tuple[str, str], ...]) -> set[int]:
    missing: set[int] = set()
    known = {table.name for table in filling.schema.tables}
    for other, column in referring:
        if other not in known:
            continue
        found = filling.connection.execute(
            f"SELECT DISTINCT {column} FROM {other} WHERE {column} NOT IN (SELECT id FROM {name})"  # noqa: S608 - names of our own tables
        )
        missing.update(row for (row,) in found)
    return missing


def _stand_in(filling: Filling, table: Table, row: int, now: int, key: bytes) -> Values:
    """Return a row made of what indexes still know of the lost one, and of plain defaults."""
    defaults: dict[str, Value] = {
        "workspace_id": _first(filling, "workspaces"),
        "user_id": _first(filling, "users"),
        "device_id": _first(filling, "devices"),
        "name": f"{LOST}-{row}",
        "type": LOST,
        "client": LOST,
        "hostname": LOST,
        "data": "{}",
        "body": canonical({LOST: row}),
        "digest": row.to_bytes(16, "big", signed=True),
        "payload_key": key,
        "created_at": now,
        "history_version": now,
        "deleted_at": None,
    }
    known = filling.known.get(table.name, {}).get(row, {})
    said = {table.columns[place].name: value for place, value in known.items()}
    if table.name == "payloads":
        said.pop("digest", None)
    return tuple(said.get(column.name, defaults.get(column.name)) for column in table.columns)  # type: ignore[misc]


def _first(filling: Filling, name: str) -> int:
    (found,) = filling.connection.execute(f"SELECT min(id) FROM {name}").fetchone()  # noqa: S608 - as above
    return found or 1


def _let_somebody_in(filling: Filling, now: int) -> None:
    """Make the first user the owner of a workspace whose members are all lost."""
    made = filling.connection.execute(
        """
        INSERT INTO members (workspace_id, user_id, role, created_at)
        SELECT w.id, (SELECT min(id) FROM users), 'owner', ? FROM workspaces w
        WHERE EXISTS (SELECT 1 FROM users) AND w.id NOT IN (SELECT workspace_id FROM members)
        """,
        (now,),
    )
    if made.rowcount > 0:
        filling.report.stand_ins["members"] = made.rowcount


def _digest_anew(filling: Filling, digest: Digest) -> None:
    """Give stand-ins among the payloads their digest; all payloads of a workspace whose key is new."""
    if not filling.report.stand_ins.keys() & {"payloads", "workspaces"}:
        return
    rows = filling.connection.execute(
        """
        SELECT p.id, p.body, p.digest, w.payload_key
        FROM payloads p JOIN workspaces w ON w.id = p.workspace_id
        """
    ).fetchall()
    changed = [(fresh, row) for row, body, old, key in rows if (fresh := digest(body, key)) != old]
    filling.connection.executemany("UPDATE OR IGNORE payloads SET digest = ? WHERE id = ?", changed)
