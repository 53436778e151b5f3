"""Help, wrong usage, and how fast both come."""

import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hourloom.app import main
from hourloom.cli.docs import page
from tests.cli.program import PROGRAM, Program

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
COMMANDS = [
    heading.removeprefix("## hourloom ").split()
    for heading in page().splitlines()
    if heading.startswith("## hourloom ")
]
HEAVY = ("alembic", "cryptography", "httpx2", "keyring", "rich", "sqlcipher3", "starlette")
WRONG = [
    ["statux"],
    ["status", "--jason"],
    ["up", "--port", "many"],
    ["up", "--port", "70000"],
    ["open", "now"],
    ["export", "somewhere"],
    ["export", "--plain"],
    ["export", "--everything", "--bucket", "x"],
    ["import", "archive"],
    ["import", "archive", "x", "--on-conflict", "maybe"],
    ["file"],
    ["file", "encrypt"],
    ["file", "decrypt", "a", "b", "c"],
    ["demo", "--port", "x"],
    ["doctor", "--fix", "me"],
    ["undo", "last"],
    ["undo", "0"],
    ["operations", "--limit", "0"],
    ["token"],
    ["token", "create"],
    ["token", "create", "--scopes", " , "],
    ["token", "list", "all"],
    ["token", "revoke"],
    ["token", "revoke", "mine"],
    ["import"],
    ["import", "toggl"],
    ["import", "activitywatch", "one", "two"],
    ["keys"],
    ["keys", "list", "x"],
    ["keys", "on", "x"],
    ["keys", "off", "x"],
    ["keys", "add"],
    ["keys", "remove"],
    ["keys", "recovery", "CODE"],
    ["keys", "acknowledge", "CODE"],
    ["service"],
    ["service", "print", "x"],
    ["service", "install", "--port", "many"],
    ["service", "uninstall", "x"],
]


@dataclass
class Said:
    code: object
    out: str
    err: str


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Run the program's function here, which is faster, where no other process is needed."""
    monkeypatch.setenv("HOURLOOM_DATA_DIR", str(tmp_path / "data"))

    def run(*words: str) -> Said:
        try:
            code: object = main(words)
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        assert not (tmp_path / "data").exists()
        return Said(code, said.out, said.err)

    return run


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(run: Callable[..., Said], words: list[str]) -> None:
    said = run(*words, "--help")
    assert said.out.lower().startswith(f"usage: hourloom {' '.join(words)}")
    assert (said.code, said.err) == (0, "")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_shows_an_example(words: list[str]) -> None:
    section = PAGE.read_text("utf-8").partition(f"## hourloom {' '.join(words)}\n")[2].partition("\n## ")[0]
    assert f"        hourloom {' '.join(words)}" in section or "COMMAND [ARGS]" in section


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_ends_with_2_and_changes_nothing(run: Callable[..., Said], words: list[str]) -> None:
    said = run(*words)
    assert (said.code, said.out) == (2, "")
    assert "Usage:" in said.err or said.err.count("\n") == 1


def test_wrong_usage_is_the_exit_code_of_the_process(hourloom: Program) -> None:
    words, own = [*PROGRAM, "statux"], hourloom.environment
    done = subprocess.run(words, env=own, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'status'?" in done.stderr


def test_the_page_of_the_command_line_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `python -m hourloom.cli.docs > docs/cli.md`"


def test_the_version_is_told_by_option() -> None:
    assert subprocess.check_output([*PROGRAM, "--version"], text=True).startswith("hourloom ")


def test_nothing_heavy_is_loaded_before_a_command_needs_it() -> None:
    script = f"""
import sys
import hourloom.cli.main, hourloom.local.handed
hourloom.cli.main.application()
print(*[name for name in {HEAVY} if name in sys.modules])
"""
    loaded = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert loaded.split() == []


def test_help_costs_little(hourloom: Program) -> None:
    """Counted in processor time, which other programs do not stretch."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*PROGRAM, "--help"], env=hourloom.environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.8


def test_all_options_of_the_common_kind_are_everywhere() -> None:
    shown = page()
    for words in COMMANDS:
        section = shown.partition(f"## hourloom {' '.join(words)}\n")[2].partition("\n## ")[0]
        # What is only about files has to do with no database.
        if "COMMAND [ARGS]" not in section and words[0] != "file":
            assert "--data-dir" in section
            assert "--config" in section
