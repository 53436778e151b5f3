"""The diagnostic archive says what is wrong and nothing of what was recorded."""

from __future__ import annotations

import getpass
import json
import socket
import stat
import zipfile
from pathlib import Path

import pytest

from hourloom.local.doctor.bundle import BundleExists, BundleNotWritten
from hourloom.local.doctor.redaction import Redaction
from tests.local.doctor.patients import EVENTS, TITLE, Hurt


@pytest.fixture
def hurt(tmp_path: Path) -> Hurt:
    return Hurt(tmp_path)


def packed(hurt: Hurt) -> dict[str, str]:
    target = hurt.root / "bundle.zip"
    checks = list(hurt.doctor.look(lambda _what, _share: None, deep=False))
    listed = hurt.doctor.bundle(target, checks)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == [part.name for part in listed]
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_nothing_that_was_recorded_is_in_it(hurt: Hurt) -> None:
    log = hurt.data_dir / "log" / "hourloom.log"
    log.parent.mkdir(mode=0o700)
    secret = "qmzmE9K3sOcGp4LCyI_kw5jHh18X82v9a1PjhfHRZdw"
    home, host, user = str(Path.home()), socket.gethostname(), getpass.getuser()
    address = f"https://{TITLE}.example/{TITLE}"
    line = f"{home}/x {host} user={user} b-heron d-heron {address} {secret} me@{host}.org\n"
    log.write_text(line, "utf-8")
    hurt.change(
        f"""
        INSERT INTO settings VALUES (1, 1, 'x', '{TITLE}', 1);
        """,
        f"""
        INSERT INTO tokens (workspace_id, user_id, name, purpose, secret_hash, scopes, created_at)
        VALUES (1, 1, '{TITLE}', 'api', x'00', 'admin', 1)
        """,
        """
        INSERT INTO buckets
            (workspace_id, device_id, name, type, client, hostname, data, created_at, history_version)
        VALUES (1, 1, 'c-heron "quoted"', 'afkstatus', 'w', 'd-heron', '{}', 1, 1)
        """,
        f"UPDATE events SET bucket_id = bucket_id + (id > 9), started_at = {2**52}, ended_at = {2**52}",
    )
    parts = packed(hurt)
    everything = "".join(parts.values())
    keys = json.loads((hurt.data_dir / "keys.json").read_text())
    assert hurt.unlocked.data_key is not None
    told = [
        TITLE,
        "heron",
        secret,
        str(hurt.root),
        host,
        hurt.unlocked.data_key.hex(),
        keys["database_id"],
        *(wrap["sealed"] for wrap in keys["wraps"]),
    ]
    assert [each for each in told if each in everything] == []
    assert "[user]" in parts["log/hourloom.log"]
    assert "[home]" in parts["log/hourloom.log"]
    assert "bucket-" in parts["findings.json"]


def test_it_says_what_helps(hurt: Hurt) -> None:
    parts = packed(hurt)
    rows = {table["name"]: table["rows"] for table in json.loads(parts["tables.json"])}
    assert rows["events"] == EVENTS
    assert "CREATE TABLE events" in parts["schema.sql"]
    assert int(json.loads(parts["pages.json"])["page_size"]) == 4096
    assert json.loads(parts["versions.json"])["schema"]
    assert {name for name in parts if name in parts["README.txt"]} == parts.keys() - {"README.txt"}


def test_a_damaged_database_and_no_database_have_archives_too(hurt: Hurt) -> None:
    hurt.spoil(hurt.root_of("events"))
    assert "damaged" in packed(hurt)["findings.json"]
    hurt.database.unlink()
    (hurt.root / "bundle.zip").unlink()
    assert "schema.sql" not in packed(hurt)


def test_no_file_is_overwritten(hurt: Hurt) -> None:
    (hurt.root / "bundle.zip").write_bytes(b"mine")
    with pytest.raises(BundleExists):
        hurt.doctor.bundle(hurt.root / "bundle.zip", [])
    assert (hurt.root / "bundle.zip").read_bytes() == b"mine"
    with pytest.raises(BundleNotWritten):
        hurt.doctor.bundle(hurt.root / "nowhere" / "bundle.zip", [])


def test_names_are_replaced_alike_within_one_archive_and_otherwise_in_another() -> None:
    one, other = Redaction(["alpha-window", "alpha"]), Redaction(["alpha-window"])
    said = one.of("alpha-window alpha alphabet")
    first, second, third = said.split()
    assert (first, third) == (one.hashed("alpha-window"), "alphabet")
    assert second == one.hashed("alpha")
    assert other.hashed("alpha") != second
