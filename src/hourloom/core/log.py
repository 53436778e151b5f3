"""The server's log: one line per record, on stderr and in a small rotating file.

The rule is that titles and addresses of pages are never logged. Two things hold it up where code is not
ours: an exception is written as its class and where it came from, never with its message; and of another
library's record only the first line is kept, without the values that would be filled in.
"""

from __future__ import annotations

import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from hourloom.core.clock import format_instant

OURS = "hourloom"
FILE = Path("log") / "hourloom.log"
FILES, FILE_SIZE = 5, 1024 * 1024
_LONGEST = 4_000
_TAIL = 256 * 1024
"""How much of the file `recent` reads at most."""

ExceptionFacts = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class OneLine(logging.Formatter):
    """Writes a record as `TIME LEVEL logger: message`, on one line whatever it holds."""

    def format(self, record: logging.LogRecord) -> str:
        at = format_instant(int(record.created * 1_000_000))
        message = _message(record)
        if record.exc_info and record.exc_info[0] is not None:
            message += f" [{self.formatException(record.exc_info)}]"
        return f"{at} {record.levelname} {record.name}: {printable(message[:_LONGEST])}"

    def formatException(self, ei: ExceptionFacts) -> str:  # noqa: N802 - the library's name
        kind, _, trace = ei
        frames = []
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} {code.co_name}")  # noqa: PTH119
            trace = trace.tb_next
        return f"{kind.__name__ if kind else 'no exception'} at {' < '.join(reversed(frames[-12:]))}"


class PrivateFile(RotatingFileHandler):
    """A file that only its user may read; a full disk silences it instead of filling stderr."""

    def _open(self) -> TextIOWrapper:
        fd = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return TextIOWrapper(open(fd, "ab"), encoding="utf-8", errors="backslashreplace", line_buffering=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Go on without the line."""


def set_up(directory: Path, level: str) -> None:
    """Send records to stderr and to the log file of a data directory; a second call replaces the first."""
    root = logging.getLogger()
    tear_down()
    for handler in _handlers(directory / FILE):
        handler.setFormatter(OneLine())
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())


def tear_down() -> None:
    """Close what `set_up` opened."""
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h.formatter, OneLine)]:
        root.removeHandler(handler)
        handler.close()


def recent(count: int) -> list[dict[str, str]]:
    """Return the last records of the log file, the oldest first."""
    handler = next((h for h in logging.getLogger().handlers if isinstance(h, PrivateFile)), None)
    if handler is None:
        return []
    now = Path(handler.baseFilename)
    lines = _tail(now)
    if len(lines) < count:
        lines = _tail(now.with_name(now.name + ".1")) + lines
    return [_record(line) for line in lines[-count:]] if count > 0 else []


def printable(text: str) -> str:
    """Escape line breaks and whatever else would change how a terminal or an editor shows a line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _message(record: logging.LogRecord) -> str:
    if record.name == OURS or record.name.startswith(OURS + "."):
        return record.getMessage()
    return str(record.msg).partition("\n")[0]


def _handlers(file: Path) -> list[logging.Handler]:
    handlers: list[logging.Handler] = [] if sys.stderr is None else [logging.StreamHandler()]
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handlers.append(PrivateFile(file, maxBytes=FILE_SIZE, backupCount=FILES - 1))
    except OSError as error:
        # A server that cannot log to its file still serves.
        sys.stderr.write(f"hourloom: no log file: {error.strerror}\n")
    return handlers


def _tail(file: Path) -> list[str]:
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(0, size - _TAIL))
            lines = opened.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return lines[1:] if size > _TAIL else lines


def _record(line: str) -> dict[str, str]:
    head, _, message = line.partition(": ")
    at, _, rest = head.partition(" ")
    level, _, name = rest.partition(" ")
    return {"timestamp": at, "level": level, "logger": name, "message": message}
