"""The power fails while the whole database is changed: migrated, encrypted, decrypted, restored, re-keyed.

(Cuts under ordinary load are drilled in tests/soak/test_durability.py.)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

from hourloom.core.clock import SystemClock
from hourloom.core.errors import HourloomError
from hourloom.db import migrate
from hourloom.db.keys import header
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
from hourloom.db.lock import take
from hourloom.db.sqlite import connect
from tests.backups.builders import a_home, events_in
from tests.db.keys.a_database import count, fill
from tests.db.keys.a_rekey import add, means_in, numbers, opened
from tests.plugins.figures import Figure
from tests.rigs import made_up_migration
from tests.rigs.power_cut.images import unrecorded
from tests.rigs.power_cut.recording import build, prepare
from tests.rigs.power_cut.survey import Damaged, Examine, Findings, survey_change
from tests.rigs.serving.a_home import Home
from tests.rigs.serving.watchers import Watchers

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc to build the recorder")
few_and_many = pytest.mark.parametrize(
    "images", [10, pytest.param(600, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
REPOSITORY = Path(__file__).parents[2]


def cut_while(
    program: str, root: Path, words: list[str], environment: dict[str, str], examine: Examine, images: int
) -> Findings:
    """Record a program on the files below a root; it says at its end that all is done."""
    beside = root.parent
    recording = prepare(root, beside / "log")
    told = environment | recording.environment(build(beside)) | {"PYTHONPATH": pythonpath()}
    done = (
        f"import tests.rigs.power_cut.recording as it\nit.Marker(Path({str(recording.log)!r})).mark('done')"
    )
    script = f"{program}\n{done}"
    subprocess.run([sys.executable, "-c", script, *words], env=told, cwd=REPOSITORY, check=True)
    assert unrecorded(recording) == []
    return survey_change(recording, examine, images)


def pythonpath() -> str:
    return os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(REPOSITORY))))


def in_an_image(look: Callable[[Path], str], before: str, after: str) -> Examine:
    """Examine an image: it is as before or as after, and when all was done as after."""

    def examine(image: Path, marks: AbstractSet[str]) -> AbstractSet[str]:
        try:
            found = look(image)
        except (HourloomError, AssertionError) as error:
            raise Damaged(f"{type(error).__name__}: {error}") from error
        if found not in (before, after):
            raise Damaged(found)
        return {"done"} if marks and found != after else set()

    return examine


CONVERT = """
import sys
from pathlib import Path
from hourloom.db.keys import convert
from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
means = Means(Places(Path(sys.argv[1]), Path(sys.argv[2])))
unlocked = unlock(means, "file")
convert.turn_on(means) if unlocked.data_key is None else convert.turn_off(means, unlocked)
"""


@few_and_many
@pytest.mark.parametrize("encrypted", [False, True], ids=["encrypted", "decrypted"])
def test_a_power_cut_while_a_database_is_converted_leaves_one_that_opens(
    tmp_path: Path, images: int, figure: Figure, *, encrypted: bool
) -> None:
    root = tmp_path / "root"
    means = Means(Places(root / "data", root / "config"))
    (root / "data").mkdir(parents=True, mode=0o700)
    fill(means.places.database, unlock(means, "file" if encrypted else "off"))

    def look(image: Path) -> str:
        there = Means(Places(image / "data", image / "config"))
        assert count(there.places.database, unlock(there, "file")) == 2_000
        return str(header.is_encrypted(there.places.database))

    words = [str(root / "data"), str(root / "config")]
    findings = cut_while(
        CONVERT, root, words, dict(os.environ), in_an_image(look, str(encrypted), str(not encrypted)), images
    )
    figure(f"power cuts while it is {'decrypted' if encrypted else 'encrypted'}", findings)
    assert (findings.lossy, findings.damaged) == ({}, {}), str(findings)


MIGRATE = """
import sys
from pathlib import Path
from tests.rigs.made_up_migration import main
main(*sys.argv[1:])
"""


@few_and_many
def test_a_power_cut_while_the_schema_changes_leaves_the_old_one_or_the_new_one(
    tmp_path: Path, images: int, figure: Figure
) -> None:
    root, program = tmp_path / "root", tmp_path / "program"
    made_up_migration.make_up(program)
    home = Home(root)
    home.server.start()
    with Watchers(home.port, 1) as watchers:
        watchers.get_through(50)
    home.server.stop()

    def look(image: Path) -> str:
        places = Places(image / "data", image / "home" / "config" / "hourloom-testing")
        connection = connect(places.database, unlock(Means(places), "file").data_key)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            (events,) = connection.execute("SELECT count(*) FROM events").fetchone()
            assert events >= 5
            return str(migrate.sqlite_revision(connection))
        finally:
            connection.close()

    words = [str(program), str(home.data_dir)]
    examine = in_an_image(look, migrate.HEAD, made_up_migration.REVISION)
    findings = cut_while(MIGRATE, root, words, home.environment, examine, images)
    figure("power cuts in a migration", findings)
    assert (findings.lossy, findings.damaged) == ({}, {}), str(findings)


RESTORE = """
import sys
from pathlib import Path
from hourloom.backups import restoring
from hourloom.core.clock import SystemClock
from hourloom.db.keys.places import Places
from hourloom.db.keys.ways import Means
from hourloom.db.swap import finish
means = Means(Places(Path(sys.argv[1]), Path(sys.argv[2])))
backup = restoring.look_at(Path(sys.argv[3]))
key = restoring.key_here(backup, means)
manifest = restoring.take_out(backup, key, means.places.directory)
restoring.put_keys_beside(backup, manifest, key, means)
restoring.exchange(means.places.directory, SystemClock().now())
finish(means.places.directory)
"""


@few_and_many
def test_a_power_cut_while_a_backup_is_restored_leaves_one_of_both_whole(
    tmp_path: Path, images: int, figure: Figure
) -> None:
    root = tmp_path / "root"
    home = a_home(root)
    made = home.back_up()
    home.add_events(25)

    def look(image: Path) -> str:
        there = Means(Places(image / "data", image / "config"))
        # Whoever takes the directory finishes what was promised.
        take(there.places.directory, SystemClock().now()).release()
        return str(events_in(there.places.database, unlock(there, "file").data_key))

    words = [str(root / "data"), str(root / "config"), str(Path(made.place) / made.name)]
    findings = cut_while(RESTORE, root, words, dict(os.environ), in_an_image(look, "75", "50"), images)
    figure("power cuts in a restore", findings)
    assert (findings.lossy, findings.damaged) == ({}, {}), str(findings)


REKEY = """
import sys, threading
from pathlib import Path
from tests.db.keys.a_rekey import means_in, opened, rekey_once, write_on
from tests.rigs.power_cut.recording import Marker
home, marker = Path(sys.argv[1]), Marker(Path(sys.argv[2]))
with opened(means_in(home)) as (database, unlocked):
    stop = threading.Event()
    threads = write_on(database, lambda number: marker.mark(f"row {number}"), stop, 1)
    rekey_once(means_in(home), database, unlocked)
    stop.set()
    for thread in threads:
        thread.join()
"""


@few_and_many
def test_a_power_cut_while_the_key_is_exchanged_takes_nothing_that_was_acknowledged(
    tmp_path: Path, images: int, figure: Figure
) -> None:
    root = tmp_path / "root"
    with opened(means_in(root)) as (database, _):
        for number in range(200):
            add(database, -number)

    def rows_missing(image: Path, marks: AbstractSet[str]) -> AbstractSet[str]:
        try:
            with opened(means_in(image)) as (found, _):
                sound, there = found.is_sound(), numbers(found)
        except HourloomError as error:
            raise Damaged(error.message) from error
        if not sound or not there >= set(range(-199, 1)):
            raise Damaged(f"{len(there)} rows")
        return {mark for mark in marks if mark != "done" and int(mark.removeprefix("row ")) not in there}

    words = [str(root), str(tmp_path / "log")]
    findings = cut_while(REKEY, root, words, dict(os.environ), rows_missing, images)
    figure("power cuts in a re-key", findings)
    assert (findings.lossy, findings.damaged) == ({}, {}), str(findings)
    assert findings.acknowledged > 10
