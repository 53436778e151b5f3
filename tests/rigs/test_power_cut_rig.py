"""The power-cut rig finds the losses that careless settings allow, and none with careful ones."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest
import sqlcipher3

from tests.rigs.power_cut.images import unrecorded
from tests.rigs.power_cut.recording import Recording, build, prepare
from tests.rigs.power_cut.survey import Damaged, Findings, survey

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc to build the recorder")

KEY = "00" * 32
WRITER = Path(__file__).parent / "power_cut" / "row_writer.py"
RENAMER = """
import os, sys
from pathlib import Path
from tests.rigs.power_cut.recording import Marker
folder, log, sync_directory = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "True"
for number in range(20):
    with open(folder / "new", "w") as file:
        file.write(str(number) * 1000)
        file.flush()
        os.fsync(file.fileno())
    os.rename(folder / "new", folder / f"file-{number}")
    if sync_directory:
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    Marker(log).mark(f"file-{number}")
"""
RETRIER = """
import os, sys
from pathlib import Path
from tests.rigs.power_cut.recording import Marker
folder, log, writes_again = sys.argv[1], Path(sys.argv[2]), sys.argv[3] == "True"
file = os.open(folder + "/file", os.O_RDWR | os.O_CREAT)
os.fsync(os.open(folder, os.O_RDONLY))
Path(f"{log}.failing").touch()
for number in range(60):
    text, written = f"{number:8}".encode() * 100, False
    while True:
        if writes_again or not written:
            os.pwrite(file, text, number * 800)
            written = True
        try:
            os.fsync(file)
            break
        except OSError:
            continue
    Marker(log).mark(f"{number:8}")
"""


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("recorder"))


def record(
    recorder: Path, folder: Path, program: list[str], *arguments: str, failing_sync: int = 0
) -> Recording:
    """Run a Python program that is given the recorded directory and the log."""
    root = folder / "root"
    root.mkdir()
    recording = prepare(root, folder / "log")
    command = [sys.executable, *program, str(recording.root), str(recording.log), *arguments]
    repository = Path(__file__).parents[2]
    environment = os.environ | recording.environment(recorder, failing_sync=failing_sync)
    subprocess.run(command, env=environment, check=True, cwd=repository)
    assert unrecorded(recording) == []
    return recording


def rows_missing(image: Path, acknowledged: AbstractSet[str], module: str) -> AbstractSet[str]:
    """Return the acknowledged rows that an image of row_writer.py's database lacks."""
    library = sqlcipher3 if module == "sqlcipher3" else sqlite3
    db = library.connect(image / "rows.db")
    try:
        if module == "sqlcipher3":
            db.execute("PRAGMA cipher_log_level = NONE")
            db.execute(f"PRAGMA key = \"x'{KEY}'\"")
            # What the library itself would choose, as the program that wrote the rows does.
            db.execute("PRAGMA cipher_hmac_algorithm = HMAC_SHA512")
        if (answer := db.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
            raise Damaged(str(answer))
        has_table = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'rows'").fetchone() == (1,)
        return acknowledged - {text for (text,) in (db.execute("SELECT text FROM rows") if has_table else [])}
    except library.DatabaseError as error:
        raise Damaged(str(error)) from error
    finally:
        db.close()


def cut_while_writing_rows(
    recorder: Path, folder: Path, module: str, journal: str, synchronous: str
) -> Findings:
    recording = record(recorder, folder, [str(WRITER)], "400", module, journal, synchronous)
    findings = survey(recording, lambda image, marks: rows_missing(image, marks, module), images=100)
    assert findings.acknowledged > 350
    return findings


@pytest.mark.parametrize("module", ["sqlite3", "sqlcipher3"])
@pytest.mark.parametrize("journal", ["WAL", "TRUNCATE"])
def test_full_synchronisation_loses_nothing(
    recorder: Path, tmp_path: Path, module: str, journal: str
) -> None:
    findings = cut_while_writing_rows(recorder, tmp_path, module, journal, "FULL")
    assert (findings.lossy, findings.damaged) == ({}, {})


@pytest.mark.parametrize("module", ["sqlite3", "sqlcipher3"])
def test_normal_synchronisation_loses_rows_and_the_rig_sees_it(
    recorder: Path, tmp_path: Path, module: str
) -> None:
    findings = cut_while_writing_rows(recorder, tmp_path, module, "WAL", "NORMAL")
    assert len(findings.lossy) > 20
    assert findings.damaged == {}


@pytest.mark.parametrize("module", ["sqlite3", "sqlcipher3"])
def test_no_synchronisation_damages_the_file_and_the_rig_sees_it(
    recorder: Path, tmp_path: Path, module: str
) -> None:
    findings = cut_while_writing_rows(recorder, tmp_path, module, "WAL", "OFF")
    assert len(findings.lossy) + len(findings.damaged) > 50
    assert len(findings.damaged) > 5


@pytest.mark.parametrize("sync_directory", ["True", "False"])
def test_a_renamed_file_is_sure_only_when_its_directory_is_synced(
    recorder: Path, tmp_path: Path, sync_directory: str
) -> None:
    recording = record(recorder, tmp_path, ["-c", RENAMER], sync_directory)

    def files_missing(image: Path, acknowledged: AbstractSet[str]) -> AbstractSet[str]:
        return {name for name in acknowledged if not (image / name).exists()}

    findings = survey(recording, files_missing, images=60)
    assert bool(findings.lossy) == (sync_directory == "False")


@pytest.mark.parametrize("writes_again", ["True", "False"])
def test_what_a_failed_sync_should_have_written_is_sure_only_when_it_is_written_again(
    recorder: Path, tmp_path: Path, writes_again: str
) -> None:
    recording = record(recorder, tmp_path, ["-c", RETRIER], writes_again, failing_sync=3)

    def pieces_missing(image: Path, acknowledged: AbstractSet[str]) -> AbstractSet[str]:
        content = (image / "file").read_bytes() if (image / "file").exists() else b""
        whole = {text for text in acknowledged if content[int(text) * 800 :][:800] == text.encode() * 100}
        return acknowledged - whole

    findings = survey(recording, pieces_missing, images=60)
    assert bool(findings.lossy) == (writes_again == "False")
