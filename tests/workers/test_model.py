"""How the end of a worker is said."""

from __future__ import annotations

import pytest

from hourloom.workers.model import Limits, ending


@pytest.mark.parametrize(
    ("returncode", "silent", "says"),
    [
        (-11, False, "crashed (SIGSEGV)"),
        (-24, False, "needed over 60 s of computing time"),
        (-9, False, "was killed"),
        (-9, True, "gave no answer for 60 s"),
        (-63, False, "crashed (signal 63)"),
        (0, False, "ended early (0)"),
        (1, False, "ended early (1)"),
    ],
)
def test_how_a_worker_ended(returncode: int, silent: bool, says: str) -> None:  # noqa: FBT001 - a parameter
    assert ending(returncode, Limits(), was_silent=silent) == says
