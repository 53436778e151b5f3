"""The client that other people's programs use: each example of its page runs, against the real server."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hourloom import sdk
from hourloom.core.errors import Invalid
from hourloom.sdk import Client, HourloomError, RefusedByServer, ServerNotRunning
from tests.rigs.serving.a_home import PROGRAM, Home

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sdk.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("home"))
    made.server.start()
    yield made
    made.server.kill()


@pytest.fixture
def here(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Let a program find the server of the home as one of its user would."""
    monkeypatch.setenv("HOURLOOM_DATA_DIR", str(home.data_dir))
    monkeypatch.setenv("HOURLOOM_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("HOURLOOM_PORT", str(home.port))
    monkeypatch.chdir(tmp_path)
    return home


def token(home: Home, scopes: str) -> str:
    made = subprocess.run(
        [PROGRAM, "token", "create", "--scopes", scopes, "--data-dir", home.data_dir],
        env=home.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()


def test_each_example_of_the_page_runs(here: Home, capsys: pytest.CaptureFixture[str]) -> None:
    secret = token(here, "heartbeats:write,tracking:read")
    names: dict[str, object] = {}
    for number, example in enumerate(EXAMPLES):
        short = example.replace("while True:", "for _ in range(2):").replace("time.sleep(5)", "pass")
        short = short.replace("https://hours.example", f"http://127.0.0.1:{here.port}")
        short = short.replace('token="..."', f'token="{secret}"').replace('"token"', f'"{secret}"')
        exec(compile(short, f"docs/sdk.md, example {number}", "exec"), names)  # noqa: S102 - our own page
    client = names["client"]
    assert isinstance(client, Client)
    client.close()
    with Client.local("reader") as reader:
        held = {bucket.name: bucket for bucket in reader.buckets()}
        assert held[f"music_{reader.device}"].client == "music-watcher"
        assert {"music_desk"} <= set(held)
    assert "Sinnerman" in capsys.readouterr().out


def test_what_was_sent_is_read_page_by_page(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hourloom.sdk.client.PAGE", 3)
    with Client.local("pages") as client:
        for second in range(10):
            at = datetime(2026, 3, 2, 9, 0, second, tzinfo=UTC)
            client.heartbeat("pages", {"n": second}, type="test", pulsetime=0, at=at, duration=0.5)
        assert client.flush(30)
        assert [event.data["n"] for event in client.events("pages")] == list(reversed(range(10)))
        assert [event.duration for event in client.events("pages", limit=4)] == [0.5] * 4
        period = (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
        lines = ['events = query_bucket("pages");', "RETURN = sum_durations(events);"]
        assert client.query(lines, [period]) == [5.0]


def test_what_the_server_refuses_is_a_sentence(here: Home) -> None:
    with (
        Client.local("asker") as client,
        pytest.raises(RefusedByServer, match="no bucket named 'none'") as error,
    ):
        list(client.events("none"))
    assert error.value.fields["code"] == "no_such_bucket"
    assert here.port


def test_without_a_server_reading_says_so_and_heartbeats_wait(tmp_path: Path) -> None:
    with Client.local("lonely", data_dir=tmp_path / "data", directory=tmp_path) as client:
        client.heartbeat("lonely", {"n": 1}, type="test")
        assert not client.flush(0)
        assert client.outbox.state().waiting == 1
        with pytest.raises(HourloomError) as error:
            client.buckets()
    assert isinstance(error.value, ServerNotRunning | RefusedByServer | HourloomError)


@pytest.mark.parametrize("name", ["", "../x", "a b", "x" * 65])
def test_a_program_needs_a_plain_name(name: str) -> None:
    with pytest.raises(Invalid, match="is no name for a program"):
        Client.local(name)


def test_all_that_is_offered_is_there() -> None:
    assert all(getattr(sdk, name) for name in sdk.__all__)
    with pytest.raises(AttributeError):
        sdk.__getattr__("nothing")
