"""Log lines of the device program: short, and without anything that was observed.

The server's log does the same with files of its own; what it takes to write those is more than this program
may need.
"""

from __future__ import annotations

import logging
import os
import sys

OURS = "hourloom"
_LONGEST = 500


class Plain(logging.Formatter):
    """Writes a record on one line; of an exception its class and its place, never its message."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage() if record.name.startswith(OURS) else str(record.msg).partition("\n")[0]
        line = f"hourloom: {record.levelname.lower()}: {message[:_LONGEST]}"
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = (
                "" if trace is None else f" at {_place(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
            )
            line += f" [{kind.__name__}{where}]"
        return "".join(char if char.isprintable() else " " for char in line)


def set_up() -> None:
    """Send warnings to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Plain())
    logging.getLogger().addHandler(handler)


def _place(path: str) -> str:
    return os.path.basename(path)  # noqa: PTH119 - a name is wanted, nothing is opened
