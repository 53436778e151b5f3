"""Everything that the doctor looks at, in the order in which it is told; features add theirs here.

`python -m hourloom.local.doctor.registry` prints the table of docs/doctor.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from hourloom.local.doctor import computer, database, files, history, keys, record, server
from hourloom.local.doctor.findings import Look

LOOKS: tuple[Look, ...] = (
    Look("versions", "Hourloom, Python and SQLite", computer.versions),
    Look(
        "clock",
        "the computer's clock, against this program's age and the last write to the database",
        computer.clock,
    ),
    Look("directory", "whether the data directory is there, yours, and can be written", files.directory),
    Look(
        "permissions",
        "owner and permissions of every file in the data and the configuration directory, and links",
        files.permissions,
        "makes files 0600 and directories 0700",
    ),
    Look(
        "leftovers",
        "what stopped conversions, backups, imports and salvages left, and what was kept on purpose",
        files.leftovers,
        "deletes what was left, finishes an exchange that was promised; what was kept stays",
    ),
    Look(
        "last stop",
        "whether the last server closed its database",
        files.unclean_stop,
        "deletes the mark and the socket that it left",
    ),
    Look("server", "who holds the data directory", server.holder),
    Look("answer", "whether the server answers and takes writes", server.answer),
    Look(
        "keys.json",
        "keys.json against its copy",
        keys.copy,
        "writes the missing, damaged or older one anew",
        team=False,
    ),
    Look("encryption", "whether the database opens", keys.opening),
    Look(
        "keys", "each way to open the database that can be tried without asking", keys.each_wrap, team=False
    ),
    Look(
        "database",
        "every page of the file: its tag, its place in the tree; with `--deep` every entry of every index",
        database.structure,
        "builds damaged indexes anew; salvages a damaged file",
        team=False,
    ),
    Look(
        "schema",
        "whether the tables are those of this program",
        database.schema,
        "brings older ones up to date, after a backup",
    ),
    Look(
        "references",
        "whether rows refer to rows that are there",
        record.references,
        "moves those that do not into a file",
        team=False,
    ),
    Look(
        "payloads",
        "whether events, images of operations and kept totals have their payload",
        record.payloads,
        "gives them stand-ins, so that no time is lost",
    ),
    Look(
        "digests",
        "the digest of each payload, worked out again",
        record.digests,
        "corrects them, and joins payloads that were there twice",
        deep=True,
    ),
    Look(
        "times",
        "whether events end after they begin, and kept totals lie on their quarter of an hour",
        record.times,
        "moves events that do not into a file",
        deep=True,
    ),
    Look("future", "events that begin in the future", computer.future),
    Look(
        "free space inside",
        "whether the file gives space back to the disk",
        database.free_pages,
        "writes the file anew",
        team=False,
    ),
    Look("disk", "free space", computer.space),
    Look("reserve", "the reserve for a full disk", computer.reserve, "takes it", team=False),
    Look("backup", "age and check of the newest backup", history.backups),
    Look("port", "who listens on the port", computer.port),
    Look("watchers", "buckets that are silent while others of the same device report", server.watchers),
    Look("notices", "what the server has told you and is not over", server.notices),
    Look("log", "errors since yesterday", history.errors),
    Look("crashes", "crashes of the last week", history.crashes),
)


def table() -> Iterator[str]:
    """Yield the lines of the table of all looks."""
    yield "| look | at | what `--fix` does | when |"
    yield "|---|---|---|---|"
    for each in LOOKS:
        when = "with `--deep`" if each.deep else "always"
        yield f"| {each.name} | {each.at} | {each.repairs or 'nothing: it says what you can do'} | {when} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join([*table(), ""]))
