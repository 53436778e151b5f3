"""All kinds of notices, each in one sentence with what to do.

Printed by `python -m hourloom.notices.kinds` as the table in `docs/notices.md`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from hourloom.notices.model import NoticeKind

KINDS = {
    kind.name: kind
    for kind in (
        NoticeKind(
            name="backup_missing",
            severity="alarm",
            sentence="There is no backup of your record yet.",
            plainly="There is no backup of your record yet.",
            advice="Make one with `hourloom backup`, best on another disk.",
        ),
        NoticeKind(
            name="backup_stale",
            severity="alarm",
            sentence="The newest backup that passed its check is {days} days old.",
            plainly="The newest backup that passed its check is too old.",
            advice="Look whether the place for backups is there, then run `hourloom backup`.",
        ),
        NoticeKind(
            name="backup_failed",
            severity="alarm",
            sentence="The last backup failed ({error}).",
            plainly="The last backup failed.",
            advice="Look at the place for backups, then run `hourloom backup`.",
        ),
        NoticeKind(
            name="watcher_silent",
            severity="alarm",
            sentence="{bucket} has recorded nothing for {minutes} minutes in which its device was in use.",
            plainly="A watcher has recorded nothing while its device was in use.",
            advice="Start that watcher again, or delete its bucket if you have given it up.",
        ),
        NoticeKind(
            name="job_failed",
            severity="alarm",
            sentence="The background work {job} failed ({error}).",
            plainly="Background work failed.",
            advice="The log says where; `hourloom doctor` looks for the reason.",
        ),
        NoticeKind(
            name="disk_low",
            severity="alarm",
            sentence="Only {mebibytes} MiB are free on the disk that holds your record.",
            plainly="Little is free on the disk that holds your record.",
            advice="Free some space: on a full disk nothing can be recorded.",
        ),
        NoticeKind(
            name="database_damaged",
            severity="alarm",
            sentence="The database is damaged.",
            plainly="The database is damaged.",
            advice="Stop the server and run `hourloom doctor --fix`: it saves all that can be read.",
        ),
        NoticeKind(
            name="clock_jumped",
            severity="note",
            sentence="The computer's clock jumped {seconds} seconds {direction}.",
            plainly="The computer's clock jumped.",
            advice="Look at what was recorded around that time, and whether the clock is set by the network.",
            momentary=True,
        ),
        NoticeKind(
            name="recovery_code_pending",
            severity="note",
            sentence="Nobody has confirmed to have noted down the recovery code of the database.",
            plainly="Nobody has confirmed to have noted down the recovery code of the database.",
            advice="`hourloom keys acknowledge` confirms it; `hourloom keys recovery` shows a new one.",
        ),
        NoticeKind(
            name="server_crashed",
            severity="alarm",
            sentence="The server ended unexpectedly {times} times before it stayed up.",
            plainly="The server ended unexpectedly.",
            advice="`hourloom doctor` shows where it broke off.",
            momentary=True,
        ),
        NoticeKind(
            name="goal_reached",
            severity="note",
            sentence="The goal {goal} is reached for the {period} of {first_day}.",
            plainly="A goal is reached.",
            advice="`hourloom goal list` shows how often in a row that is.",
            momentary=True,
        ),
        NoticeKind(
            name="goal_about_to_be_missed",
            severity="note",
            sentence="The goal {goal} is about to be missed for the {period} of {first_day}.",
            plainly="A goal is about to be missed.",
            advice="`hourloom goal list` shows what is left; `hourloom goal off` takes a day off.",
        ),
        NoticeKind(
            name="goal_missed",
            severity="note",
            sentence="The goal {goal} was missed for the {period} of {first_day}.",
            plainly="A goal was missed.",
            advice="If that was a day off, say so with `hourloom goal off`.",
            momentary=True,
        ),
    )
}


def table() -> Iterator[str]:
    """Yield the lines of the table of all kinds."""
    yield "| kind | severity | what it says | what to do | ends |"
    yield "|---|---|---|---|---|"
    for kind in KINDS.values():
        ends = "when it was read" if kind.momentary else "when it is over"
        yield f"| `{kind.name}` | {kind.severity} | {kind.sentence} | {kind.advice} | {ends} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join([*table(), ""]))
