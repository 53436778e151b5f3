"""Keys that are missing, foreign, damaged or forgotten by the desktop: one sentence, nothing touched."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program, ask
from tests.rigs.faults.real_keyring import RealKeyring, a_real_keyring
from tests.rigs.serving.a_home import Home
from tests.rigs.serving.watchers import Watchers

CODE = re.compile(r"(?:[0-9A-Z]{5}-){7}[0-9A-Z]{5}")


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Watchers]:
    """Make a home that has recorded something, to be copied by each test."""
    home = Home(tmp_path_factory.mktemp("used"))
    home.server.start()
    with Watchers(home.port, 1) as watchers:
        watchers.get_through(20)
    home.server.stop()
    return home.root, watchers


@pytest.fixture
def home(used: tuple[Path, Watchers], tmp_path: Path) -> Iterator[Home]:
    """Return a copy of the used home."""
    shutil.copytree(used[0], tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock"))
    made = Home(tmp_path / "copy")
    yield made
    made.server.kill()


def keys(home: Home) -> Path:
    return home.data_dir / "keys.json"


def of_another_install(home: Home) -> None:
    other = Home(home.root.parent / "other")
    other.server.start()
    other.server.stop()
    shutil.copy(keys(other), keys(home))


def cut_off(home: Home) -> None:
    keys(home).write_bytes(keys(home).read_bytes()[:-40])


def emptied(home: Home) -> None:
    keys(home).write_bytes(b"")


def full_of_zeros(home: Home) -> None:
    """As some file systems leave a file that was never synced."""
    keys(home).write_bytes(bytes(keys(home).stat().st_size))


def nested(home: Home) -> None:
    keys(home).write_bytes(b"[" * 100_000)


def a_directory(home: Home) -> None:
    keys(home).unlink()
    keys(home).mkdir()


def of_a_newer_program(home: Home) -> None:
    keys(home).write_text(json.dumps(json.loads(keys(home).read_text()) | {"format": 99}))


def without_wraps(home: Home) -> None:
    keys(home).write_text(json.dumps(json.loads(keys(home).read_text()) | {"wraps": []}))


def a_wrong_key_file(home: Home) -> None:
    for file in home.config_dir.rglob("*.key"):
        file.write_text(os.urandom(32).hex())


def a_key_file_cut_off(home: Home) -> None:
    for file in home.config_dir.rglob("*.key"):
        file.write_bytes(file.read_bytes()[:20])


WRONG: list[Callable[[Home], None]] = [
    of_another_install,
    cut_off,
    full_of_zeros,
    a_wrong_key_file,
]
ALSO_WRONG = [emptied, nested, a_directory, of_a_newer_program, without_wraps, a_key_file_cut_off]


@pytest.mark.parametrize(
    "wrong",
    [*WRONG, *(pytest.param(wrong, marks=pytest.mark.soak) for wrong in ALSO_WRONG)],
    ids=lambda it: str(it.__name__).replace("_", " "),
)
def test_wrong_keys_are_one_sentence_and_nothing_is_touched(
    home: Home, wrong: Callable[[Home], None]
) -> None:
    before = home.database.read_bytes()
    wrong(home)
    changed = contents(home)
    assert home.refusal()
    assert contents(home) == changed, "it is left for examination"
    assert home.database.read_bytes() == before


def contents(home: Home) -> dict[str, bytes]:
    files = [file for file in home.root.rglob("*") if file.suffix in (".json", ".key") and file.is_file()]
    return {str(file): file.read_bytes() for file in files}


def test_the_right_keys_put_back_open_everything_again(home: Home, used: tuple[Path, Watchers]) -> None:
    whole = keys(home).read_bytes()
    cut_off(home)
    assert home.refusal()
    keys(home).write_bytes(whole)
    home.server.start()
    watchers = used[1]
    watchers.port = watchers.through = home.port
    assert watchers.lost() == []


@pytest.mark.parametrize("times", [2, pytest.param(400, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_any_byte_of_the_keys_may_change_and_the_database_stays_whole(home: Home, times: int) -> None:
    whole, before = keys(home).read_bytes(), home.database.read_bytes()
    rng = random.Random(times)
    for _ in range(times):
        spoiled = bytearray(whole)
        at = rng.randrange(len(spoiled))
        spoiled[at] ^= rng.randrange(1, 256)
        keys(home).write_bytes(spoiled)
        if home.start_or_say():
            assert home.database.read_bytes() == before, (at, spoiled[at])
        else:
            # What changed did not matter, such as the time at which a wrap was made.
            home.server.stop()
            before = home.database.read_bytes()


@pytest.fixture
def keyring(tmp_path: Path) -> Iterator[RealKeyring]:
    with a_real_keyring(tmp_path / "desktop") as running:
        yield running


@pytest.fixture
def on_a_desktop(keyring: RealKeyring, tmp_path: Path) -> Program:
    """Return a program whose key is in the desktop's keyring."""
    wanted = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
    more = {name: keyring.environment[name] for name in wanted} | {"HOURLOOM_KEYCHAIN": "true"}
    program = Program(tmp_path, encryption="file", more=more)
    program("token", "create", "--scopes", "admin", "--name", "before")
    assert {way["method"] for way in program.json("keys", "list")} == {"keychain", "recovery"}
    return program


@pytest.mark.soak
def test_a_server_whose_keyring_is_there_starts_by_itself(
    on_a_desktop: Program, keyring: RealKeyring
) -> None:
    keyring.stop()
    keyring.start()
    with on_a_desktop.running():
        assert ask(on_a_desktop.port, "GET", "/api/0/info")


@pytest.mark.soak
@pytest.mark.parametrize("forgotten", [False, True], ids=["gone", "empty"])
def test_a_lost_keyring_is_said_and_the_recovery_code_opens_what_it_kept(
    on_a_desktop: Program, keyring: RealKeyring, *, forgotten: bool
) -> None:
    found = CODE.search(on_a_desktop.in_terminal("keys", "recovery"))
    assert found is not None
    keyring.stop()
    if forgotten:
        keyring.forget()
    said = on_a_desktop.refused("serve")
    assert "recovery" in said
    assert "opens again" in on_a_desktop.in_terminal("keys", "recovery", answers=(found[0],))
    with on_a_desktop.running():
        assert ask(on_a_desktop.port, "GET", "/api/0/info")
    assert on_a_desktop.json("token", "list")[0]["name"] == "before"


@pytest.mark.soak
def test_a_keyring_that_comes_back_opens_the_database_again(
    on_a_desktop: Program, keyring: RealKeyring
) -> None:
    keyring.stop()
    on_a_desktop.refused("serve")
    keyring.start()
    assert on_a_desktop.json("token", "list")[0]["name"] == "before"
