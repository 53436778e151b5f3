"""A program killed while it puts: whatever `put` had taken is there for the next one, in order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sdk.outbox.post_office import PATIENCE, Office, an_outbox

PUTTING = """
import sys
from pathlib import Path
from hourloom.core.clock import Instant
from hourloom.core.errors import Unavailable
from hourloom.sdk.outbox import Beat, Outbox

class NoServer(Unavailable):
    "None."

def reach():
    raise NoServer

folder, first = Path(sys.argv[1]), int(sys.argv[2])
box = Outbox(folder / "outbox", reach, key_file=folder / "key")
box.declare("desk", type="currentwindow", client="test", hostname="here")
for number in range(first, first + 1_000_000):
    box.put(Beat("desk", Instant(10**15 + 10**6 * number), {"title": str(number)}, 5.0))
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")
def test_what_put_took_survives_a_kill(tmp_path: Path) -> None:
    taken: set[int] = set()
    for first, wanted in ((0, 50), (1_000_000, 400)):
        putting = subprocess.Popen(
            [sys.executable, "-c", PUTTING, tmp_path, str(first)], stdout=subprocess.PIPE, text=True
        )
        assert putting.stdout is not None
        for line in putting.stdout:
            taken.add(int(line))
            if len(taken) >= wanted:
                break
        putting.kill()
        # What it still said before it died was taken too, but its last word may be cut short.
        taken.update(int(line) for line in putting.stdout.read().splitlines()[:-1])
        putting.wait()
        putting.stdout.close()
    office = Office()
    with an_outbox(tmp_path, office) as box:
        assert box.flush(PATIENCE)
    titles = [int(str(title)) for title in office.titles("desk")]
    assert titles == sorted(set(titles))
    assert taken <= set(titles)
