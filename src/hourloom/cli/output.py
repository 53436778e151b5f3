"""What commands say: tables and JSON on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from hourloom.sdk.answers import MadeOperation

MINUTE, HOUR, DAY = 60, 3600, 86_400
UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))


def say(sentence: str) -> None:
    """Tell the person something that is no part of the answer."""
    print(sentence, file=sys.stderr)


def on_terminal() -> bool:
    """Tell whether a person sees what is said and can answer."""
    return sys.stderr.isatty() and sys.stdin.isatty()


def print_json(value: object) -> None:
    """Print a value for programs."""
    import msgspec.json  # noqa: PLC0415 - each command loads only what it needs

    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def say_gone(made: MadeOperation, how: str, *, as_json: bool) -> None:
    """Say how something went, such as `Removed`, and what brings it back."""
    if as_json:
        print_json(made)
    else:
        say(f"{how}; `hourloom undo {made.operation_id}` brings it back.")


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns as wide as what is in them; no cell is cut, so that it can be copied."""
    if not rows:
        return
    lines = [list(heads), *([_plain(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _plain(cell: str) -> str:
    """Take control characters out: names come from other programs, and a terminal obeys them."""
    return "".join(char if char.isprintable() else "\ufffd" for char in cell)


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """Say how long ago something was, in the largest unit."""
    if moment is None:
        return "never"
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    if seconds < 1:
        return "now"
    size, unit = next(each for each in UNITS if seconds >= each[0])
    count = int(seconds // size)
    return f"{count} {unit}{'' if count == 1 else 's'} ago"


def local(moment: datetime | None) -> str:
    """Write an instant in this computer's time."""
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


def hours(seconds: float) -> str:
    """Write a duration in hours, a short one in minutes."""
    return f"{seconds / HOUR:,.1f} h" if seconds >= HOUR else f"{seconds / MINUTE:.1f} min"


def bytes_in_words(size: int) -> str:
    """Write a number of bytes as people say it."""
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


class Bar:
    """A progress bar on a terminal, and nothing elsewhere."""

    def __init__(self, progress: Progress | None, task: TaskID | None) -> None:
        self._progress, self._task = progress, task

    def move(self, done: float, total: float | None = None, what: str | None = None) -> None:
        """Show how far it is."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, description=what)


@contextmanager
def bar(what: str, total: float | None, unit: str = "events") -> Iterator[Bar]:
    """Show a progress bar while something long goes on."""
    if not sys.stderr.isatty():
        yield Bar(None, None)
        return
    from rich.console import Console  # noqa: PLC0415 - only where there is somebody to see it
    from rich.progress import (  # noqa: PLC0415 - as above
        BarColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text  # noqa: PLC0415 - as above

    class Rate(ProgressColumn):
        def render(self, task: object) -> Text:
            speed = getattr(task, "finished_speed", None) or getattr(task, "speed", None)
            return Text("" if not speed else f"{speed:,.0f}/s")

    columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn()]
    if unit == "%":
        columns.append(TextColumn("{task.percentage:>3.0f} %"))
    else:
        columns += [TextColumn("{task.completed:,.0f} " + unit), Rate()]
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress, progress.add_task(what, total=total))
