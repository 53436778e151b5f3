"""`hourloom doctor`: look at everything that can be wrong, and say what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import typer

from hourloom.cli.handed import Check, Handed
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import ago, print_json
from hourloom.configuration import Configuration
from hourloom.core.errors import HourloomError
from hourloom.sdk.answers import Bucket, Info
from hourloom.sdk.api import Api
from hourloom.sdk.vitals import is_well

SIGNS = {"good": "✓", "note": "!", "bad": "✗"}
PLAIN_SIGNS = {"good": "ok", "note": "!", "bad": "X"}
SILENT_AFTER = timedelta(hours=1)


def doctor(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> int:
    """Look for what is wrong, and say what to do.

    Nothing is changed. Looked at are versions, clock, data directory, keys, database, disk, port, server and
    watchers. Exit code 1 when something is broken.
    """
    configuration = configured(data_dir, config)
    found: list[Check] = []
    for check in _checks(handed(context), configuration):
        found.append(check)
        if not as_json:
            print(_line(check), flush=True)
    if as_json:
        print_json([asdict(check) for check in found])
    return 1 if any(check.verdict == "bad" for check in found) else 0


def _checks(handed: Handed, configuration: Configuration) -> Iterator[Check]:
    yield from handed.checks(configuration)
    if handed.running(configuration) is None:
        return
    try:
        with handed.reach(configuration, False) as way:
            api = Api(way)
            yield Check("good", "answer", f"it is {api.get('/api/0/info', Info).version}")
            if not is_well(api):
                yield Check("bad", "writer", "it does not take writes", "stop the server and start it again")
            yield from _watchers(api.get("/api/v1/buckets", list[Bucket]))
    except HourloomError as error:
        yield Check("bad", "answer", error.message, "stop it and start it again with `hourloom up`")


def _watchers(buckets: list[Bucket]) -> Iterator[Check]:
    now = datetime.now(UTC)
    if not buckets:
        yield Check("note", "watchers", "none has reported yet", "start ActivityWatch's watchers")
    for bucket in buckets:
        heard = bucket.ended_at
        if heard is not None and heard > now + timedelta(minutes=5):
            yield Check("note", bucket.name, "its last event ends in the future", "check that device's clock")
        elif heard is None or now - heard > SILENT_AFTER:
            advice = "start it if that computer is in use"
            yield Check("note", bucket.name, f"last heard {ago(heard, now)}", advice)
        else:
            yield Check("good", bucket.name, f"last heard {ago(heard, now)}")


def _line(check: Check) -> str:
    signs = SIGNS if (sys.stdout.encoding or "").lower().startswith("utf") else PLAIN_SIGNS
    advice = f"; {check.advice}" if check.advice else ""
    return f"{signs[check.verdict]} {check.what}: {check.finding.rstrip('.')}{advice}"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("hourloom doctor", "hourloom doctor --json"))(doctor)
