"""The server's log: readable lines on stderr, JSON lines in private files that rotate.

The rule is that titles and addresses of pages are never logged. Three things hold it up where code is not
ours: an exception is written as its class and where it came from, never with its message; of another
library's record only the first line is kept, without the values that would be filled in; and what looks like
an address or a secret is taken out of every line.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import time
from collections.abc import Mapping
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from hourloom.core.clock import SECOND, format_instant, parse_instant
from hourloom.core.errors import HourloomError
from hourloom.core.requests import request_at_hand

OURS = "hourloom"
DIRECTORY = Path("log")
FILE, ERRORS = DIRECTORY / "hourloom.log", DIRECTORY / "errors.log"
FILE_SIZE = 20 * 1_000_000
DAY = 86_400.0
DAYS, DAYS_OF_ERRORS = 14, 30
ALL_SIZE = 5 * FILE_SIZE
"""What the files of one kind have together at most, however long they may be kept."""
_LONGEST = 4_000
_FRAMES = 12
_THREADS = ("MainThread", "hourloom-")
_TAIL = 256 * 1024
"""How much of a file is read back at most."""
_LINES = 1_000
"""How many lines are looked through for grave ones before the file before is, too."""
_ADDRESS = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"<>]+")
_SECRET = re.compile(r"(?<![\w-])(?=[\w-]*\d)[\w-]{40,}(?![\w-])")

ExceptionFacts = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class OneLine(logging.Formatter):
    """Writes a record as `TIME LEVEL logger: message`, on one line whatever it holds."""

    def format(self, record: logging.LogRecord) -> str:
        message = message_of(record)
        if record.exc_info and record.exc_info[0] is not None:
            message += f" [{self.formatException(record.exc_info)}]"
        return f"{_at(record)} {record.levelname} {record.name}: {message}"

    def formatException(self, ei: ExceptionFacts) -> str:  # noqa: N802 - the library's name
        kind, _, trace = ei
        return f"{kind.__name__ if kind else 'no exception'} at {' < '.join(frames_of(trace))}"


class JsonLine(OneLine):
    """Writes a record as one JSON object on one line; docs/logs.md says what is in it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message_of(record),
            "process": record.process,
            # A name that somebody else gave might say anything.
            "thread": name if (name := record.threadName or "").startswith(_THREADS) else "another",
        }
        if (request := request_at_hand()) is not None:
            line["request"] = request
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            line["error"], line["frames"] = kind.__name__, frames_of(trace)
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


class PrivateFile(RotatingFileHandler):
    """A file that only its user may read, begun anew each day and when it is large; old ones are deleted.

    A full disk silences it instead of filling stderr.
    """

    def __init__(self, file: Path, days: int, level: int = logging.NOTSET) -> None:
        super().__init__(file, maxBytes=FILE_SIZE, backupCount=days)
        self._days = days
        self.setLevel(level)
        self.setFormatter(JsonLine())
        self._begun = self._begun_at()
        self._drop_old()

    def shouldRollover(self, record: logging.LogRecord) -> int:  # noqa: N802 - the library's name
        is_of_yesterday = time.time() - self._begun >= DAY and bool(_size(Path(self.baseFilename)))
        return int(is_of_yesterday or super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802 - the library's name
        super().doRollover()
        self._begun = time.time()
        self._drop_old()

    def _open(self) -> TextIOWrapper:
        fd = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return TextIOWrapper(open(fd, "ab"), encoding="utf-8", errors="backslashreplace", line_buffering=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Go on without the line."""

    def _begun_at(self) -> float:
        """Return when the file was begun, by its first record: a file keeps no date of its birth."""
        try:
            with open(self.baseFilename, encoding="utf-8") as file:
                at = json.loads(file.readline(_LONGEST))["at"]
            return parse_instant(str(at)) / SECOND
        except (OSError, ValueError, KeyError, TypeError, HourloomError):
            return time.time()

    def _drop_old(self) -> None:
        """Delete the files before this one that are too old, or too many bytes together."""
        left = ALL_SIZE - FILE_SIZE
        for number in range(1, self._days + 1):
            file = Path(f"{self.baseFilename}.{number}")
            with contextlib.suppress(OSError):
                status = file.stat()
                left -= status.st_size
                if left < 0 or time.time() - status.st_mtime > self._days * DAY:
                    file.unlink()


def set_up(directory: Path, level: str) -> None:
    """Send records to stderr and to the log files of a data directory; a second call replaces the first."""
    root = logging.getLogger()
    tear_down()
    for handler in _handlers(directory):
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
    lines = _last_lines(count, logging.NOTSET)
    return [found for line in lines[-count:] if (found := _record(line))] if count > 0 else []


def recent_of(least: str, count: int) -> list[dict[str, str]]:
    """Return the last records of a level or a graver one, the oldest first, redacted once more."""
    level = logging.getLevelNamesMapping()[least.upper()]
    found = (record for line in _last_lines(_LINES, level) if (record := _record(line)))
    grave = [record for record in found if _level_of(record) >= level and _has_time(record)]
    return [
        record | {"message": printable(scrubbed(record["message"][:_LONGEST]))} for record in grave[-count:]
    ]


def printable(text: str) -> str:
    """Escape line breaks and whatever else would change how a terminal or an editor shows a line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def scrubbed(text: str) -> str:
    """Take out what looks like an address or a secret."""
    return _SECRET.sub("[secret]", _ADDRESS.sub("[address]", text))


def message_of(record: logging.LogRecord) -> str:
    """Return what a record may say: ours is filled in, of another library's only the bare first line is."""
    if record.name == OURS or record.name.startswith(OURS + "."):
        message = record.getMessage()
    else:
        message = str(record.msg).partition("\n")[0]
    return printable(scrubbed(message[:_LONGEST]))


def frames_of(trace: TracebackType | None) -> list[str]:
    """Return where an exception came from, the innermost place first: files, lines, functions, no values."""
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} {code.co_name}")  # noqa: PTH119
        trace = trace.tb_next
    return frames[-_FRAMES:][::-1]


def _at(record: logging.LogRecord) -> str:
    return format_instant(int(record.created * 1_000_000))


def _handlers(directory: Path) -> list[logging.Handler]:
    handlers: list[logging.Handler] = []
    if sys.stderr is not None:
        on_terminal = logging.StreamHandler()
        on_terminal.setFormatter(OneLine())
        handlers.append(on_terminal)
    try:
        (directory / DIRECTORY).mkdir(mode=0o700, parents=True, exist_ok=True)
        handlers.append(PrivateFile(directory / FILE, DAYS))
        handlers.append(PrivateFile(directory / ERRORS, DAYS_OF_ERRORS, logging.ERROR))
    except OSError as error:
        # A server that cannot log to its file still serves.
        sys.stderr.write(f"hourloom: no log file: {error.strerror}\n")
    return handlers


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _last_lines(count: int, level: int) -> list[str]:
    """Return lines of the file that keeps records of a level for longest, with those of the file before."""
    files = [h for h in logging.getLogger().handlers if isinstance(h, PrivateFile) and h.level <= level]
    if not files:
        return []
    now = Path(max(files, key=lambda each: each.level).baseFilename)
    lines = _tail(now)
    return lines if len(lines) >= count else _tail(now.with_name(now.name + ".1")) + lines


def _level_of(record: Mapping[str, str]) -> int:
    return logging.getLevelNamesMapping().get(record["level"], logging.NOTSET)


def _has_time(record: Mapping[str, str]) -> bool:
    with contextlib.suppress(HourloomError):
        return bool(parse_instant(record["timestamp"]))
    return False


def _tail(file: Path) -> list[str]:
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(0, size - _TAIL))
            lines = opened.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return lines[1:] if size > _TAIL else lines


def _record(line: str) -> dict[str, str] | None:
    """Read a line back; one that was cut, or that an older version wrote, is left out."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    message = str(found.get("message", ""))
    if "error" in found:
        message += f" [{found['error']} at {' < '.join(found.get('frames', []))}]"
    return {
        "timestamp": str(found.get("at", "")),
        "level": str(found.get("level", "")).upper(),
        "logger": str(found.get("logger", "")),
        "message": message,
    }
