"""`hourloom doctor`: look at everything that can be wrong, say what to do, and do it if told to."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.handed import Check, Doctor, Mended
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import bytes_in_words, on_terminal, print_json, say
from hourloom.core.errors import Refused

SIGNS = {"good": "✓", "note": "!", "bad": "✗"}
PLAIN_SIGNS = {"good": "ok", "note": "!", "bad": "X"}
MOST_ROUNDS = 4
"""What can be examined only after a repair may need another one."""
PATIENCE = 1.0

Fix = Annotated[bool, typer.Option("--fix", help="Repair what can be repaired, saying each step first.")]
Yes = Annotated[bool, typer.Option("--yes", help="Repair without asking.")]
Deep = Annotated[bool, typer.Option("--deep", help="Read every entry of every index and every payload.")]
Bundle = Annotated[
    bool, typer.Option("--bundle", help="Write a diagnostic archive without anything that was recorded.")
]
BundleFile = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="Where --bundle writes the archive.", show_default=False),
]


class NobodyToAsk(Refused):
    """Nobody can be asked here whether to repair; add --yes."""


def doctor(  # noqa: PLR0913 - the options of one command
    context: typer.Context,
    *,
    file: BundleFile = None,
    fix: Fix = False,
    yes: Yes = False,
    deep: Deep = False,
    bundle: Bundle = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Look for what is wrong, say what to do, and with --fix do it.

    Without --fix nothing is changed. Exit code 1 when something is broken.
    """
    if file is not None and not bundle:
        raise typer.BadParameter("a file is named only with --bundle", param_hint="FILE")
    if fix and not yes and not on_terminal():
        raise NobodyToAsk
    configuration = configured(data_dir, config)
    examined = handed(context).doctor(configuration, _passphrase if on_terminal() else None)
    found = _looked(examined, deep=deep, quiet=as_json)
    mended: list[tuple[str, Mended]] = []
    if fix:
        found, mended = _fixed(examined, found, deep=deep, yes=yes, quiet=as_json)
    if as_json:
        print_json(_as_json(found, mended) if fix else [asdict(check) for check in found])
    if bundle:
        _pack(examined, file, found, quiet=as_json)
    return 1 if any(check.verdict == "bad" for check in found) else 0


def _looked(examined: Doctor, *, deep: bool, quiet: bool) -> list[Check]:
    waiting, found = Waiting(), list[Check]()
    for check in examined.look(waiting.step, deep=deep):
        found.append(check)
        waiting.clear()
        if not quiet:
            print(_line(check), flush=True)
    waiting.clear()
    return found


def _fixed(
    examined: Doctor, found: list[Check], *, deep: bool, yes: bool, quiet: bool
) -> tuple[list[Check], list[tuple[str, Mended]]]:
    """Repair, and look again until nothing new can be repaired."""
    mended: list[tuple[str, Mended]] = []
    for _ in range(MOST_ROUNDS):
        tried = {does for does, _ in mended}
        offered = list(dict.fromkeys(c.repair for c in found if c.repair and c.repair not in tried))
        if not offered:
            break
        if not yes and not mended and not _agreed(offered):
            break
        for does in offered:
            say(f"Repairing: {does}.")
            mended.append((does, examined.mend(does)))
            say(f"  {mended[-1][1].said}" if mended[-1][1].done else f"  Not done: {mended[-1][1].said}")
        if not quiet:
            print("\nLooking again:", flush=True)
        found = _looked(examined, deep=deep, quiet=quiet)
    if not mended:
        say("There is nothing to repair." if not any(c.repair for c in found) else "Nothing was changed.")
    return found, mended


def _agreed(offered: list[str]) -> bool:
    say("\nThis is what would be done:")
    for does in offered:
        say(f"  - {does}")
    return typer.confirm("Do it?", err=True)


def _pack(examined: Doctor, file: Path | None, found: list[Check], *, quiet: bool) -> None:
    name = file or Path(f"hourloom-doctor-{datetime.now().astimezone():%Y%m%d-%H%M%S}.zip")
    target = name.expanduser().absolute()
    parts = examined.bundle(target, found)
    if quiet:
        return
    print(f"\n{target} holds:")
    for part in parts:
        print(f"  {part.name} ({bytes_in_words(part.bytes)}): {part.holds}")
    say("It holds no titles, no addresses, no tokens and no keys. Look into it before you give it away.")


def _as_json(found: list[Check], mended: list[tuple[str, Mended]]) -> dict[str, object]:
    repairs = [{"repair": does, "done": each.done, "said": each.said} for does, each in mended]
    return {"checks": [asdict(check) for check in found], "repairs": repairs}


class Waiting:
    """Says on a terminal what takes more than a second."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._begun, self._what, self._shown = now, now(), "", False

    def step(self, what: str, share: float) -> None:
        """Hear what is being done."""
        if what != self._what:
            self._what, self._begun = what, self._now()
        if self._now() - self._begun > PATIENCE and sys.stderr.isatty():
            done = f" {share:.0%}" if share else ""
            print(f"\r\x1b[K{what}{done} …", end="", file=sys.stderr, flush=True)
            self._shown = True

    def clear(self) -> None:
        """Take the line away for what was found."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._shown = False


def _passphrase() -> str:
    return str(typer.prompt("Passphrase of the database", hide_input=True, err=True))


def _line(check: Check) -> str:
    signs = SIGNS if (sys.stdout.encoding or "").lower().startswith("utf") else PLAIN_SIGNS
    advice = f"; {check.advice}" if check.advice else ""
    repair = f"; --fix would {check.repair}" if check.repair else ""
    return f"{signs[check.verdict]} {check.what}: {check.finding.rstrip('.')}{advice}{repair}"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "hourloom doctor",
            "hourloom doctor --deep",
            "hourloom doctor --fix",
            "hourloom doctor --bundle",
            "hourloom doctor --json",
        )
    )(doctor)
