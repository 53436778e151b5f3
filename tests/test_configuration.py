"""The operator's configuration: which place wins, what is refused and how, and that its page is complete."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import platformdirs.macos
import platformdirs.unix
import pytest

from hourloom.configuration import (
    Configuration,
    ConfigurationUnreadable,
    ConfigurationWrong,
    UnknownKey,
    directories,
    of_command_line,
    options,
    read,
    table,
)

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "configuration.md"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return an environment with directories of its own."""
    return {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config")}


def write(text: str, tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    return file


def test_without_anything_the_defaults_hold() -> None:
    found = read({}, {"XDG_DATA_HOME": "/nowhere/data", "XDG_CONFIG_HOME": "/nowhere/config"})
    expected = Configuration(data_dir=found.data_dir, config_dir=found.config_dir)
    assert found == expected
    assert (found.host, found.port, found.encryption, found.local_access) == (
        "127.0.0.1",
        5600,
        "file",
        "full",
    )


def test_the_file_wins_over_defaults_the_environment_over_the_file_the_command_line_over_all(
    home: dict[str, str], tmp_path: Path
) -> None:
    file = write('host = "a"\nport = 1\nlog_level = "error"\n', tmp_path)
    found = read({"host": "c"}, home | {"HOURLOOM_HOST": "b", "HOURLOOM_PORT": "2"}, file)
    assert (found.host, found.port, found.log_level) == ("c", 2, "error")


def test_the_file_in_the_configuration_directory_is_found(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config" / "hourloom").mkdir(parents=True)
    write("query_seconds = 5", tmp_path / "config" / "hourloom")
    assert read({}, home).query_seconds == 5.0


def test_the_environment_may_name_the_file(home: dict[str, str], tmp_path: Path) -> None:
    file = write("ballast = 0", tmp_path)
    assert read({}, home | {"HOURLOOM_CONFIG": str(file)}).ballast == 0


def test_testing_has_directories_and_a_port_of_its_own(home: dict[str, str], tmp_path: Path) -> None:
    found = read({"testing": True}, home)
    assert found.port == 5666
    assert found.data_dir == tmp_path / "data" / "hourloom-testing"
    assert found.config_dir == tmp_path / "config" / "hourloom-testing"
    assert read({"testing": True, "port": "7"}, home).port == 7


def test_relative_paths_start_at_the_file(home: dict[str, str], tmp_path: Path) -> None:
    found = read({}, home, write('key_file = "keys/mine"\ndata_dir = "~/record"', tmp_path))
    assert found.key_file == tmp_path / "keys" / "mine"
    assert found.data_dir == Path.home() / "record"


def test_lists_in_the_environment_are_separated_by_commas(home: dict[str, str]) -> None:
    assert read({}, home | {"HOURLOOM_ALLOWED_HOSTS": "a:1, b:2,"}).allowed_hosts == ("a:1", "b:2")


@pytest.mark.parametrize(
    ("text", "error", "parts"),
    [
        ("port = 'many'", ConfigurationWrong, ["port", "int"]),
        ("port = 70000", ConfigurationWrong, ["port", "65535"]),
        ("port = true", ConfigurationWrong, ["port"]),
        ("keychain = 'yes'", ConfigurationWrong, ["keychain", "bool"]),
        ("local_access = 'some'", ConfigurationWrong, ["local_access"]),
        ("data_dir = 3", ConfigurationWrong, ["data_dir", "path"]),
        ("key_file = ''", ConfigurationWrong, ["key_file", "path"]),
        ("prot = 1", UnknownKey, ["prot", "port"]),
        ("zebra = 1", UnknownKey, ["zebra"]),
        ("testing = true", UnknownKey, ["testing", "HOURLOOM_TESTING"]),
        ("[server]\nport = 1", UnknownKey, ["server"]),
        ("port = ", ConfigurationUnreadable, []),
    ],
)
def test_a_faulty_file_is_refused_in_one_sentence_that_names_file_and_key(
    text: str, error: type[ConfigurationWrong], parts: list[str], tmp_path: Path
) -> None:
    file = write(text, tmp_path)
    with pytest.raises(error) as refused:
        read({}, {}, file)
    sentence = refused.value.message
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert all(part in sentence for part in [str(file), *parts])


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"host = '\xff'")
    with pytest.raises(ConfigurationUnreadable, match="UTF-8"):
        read({}, {}, file)


def test_a_named_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationUnreadable, match=r"missing\.toml"):
        read({}, {}, tmp_path / "missing.toml")


def test_a_directory_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationUnreadable):
        read({}, {}, tmp_path)


def test_a_faulty_variable_is_named() -> None:
    with pytest.raises(ConfigurationWrong, match="HOURLOOM_PORT"):
        read({}, {"HOURLOOM_PORT": "many"})


def test_an_empty_variable_counts_as_absent() -> None:
    assert read({}, {"HOURLOOM_PORT": ""}).port == 5600


def test_variables_of_other_programs_are_let_be() -> None:
    assert read({}, {"HOURLOOM_SOMETHING_ELSE": "1"}).port == 5600


def test_passwords_are_shown_nowhere() -> None:
    secret = "postgresql://hourloom:open-sesame@db/hourloom"
    found = read({}, {"HOURLOOM_DATABASE_URL": secret})
    assert found.database_url == secret
    assert "sesame" not in repr(found)
    assert "sesame" not in str(found)
    assert "sesame" not in repr(list(found.__rich_repr__()))
    with pytest.raises(ConfigurationWrong) as refused:
        read({}, {"HOURLOOM_DATABASE_URL": "mysql://hourloom:open-sesame@db"})
    assert "sesame" not in refused.value.message


def test_serve_takes_its_options_from_the_command_line(home: dict[str, str], tmp_path: Path) -> None:
    words = ["--data-dir", str(tmp_path / "d"), "--port", "0", "--testing", "--listen-fd", "3"]
    found, descriptor, _ = of_command_line(words, home)
    assert (found.data_dir, found.port, found.testing, descriptor) == (tmp_path / "d", 0, True, 3)


def test_however_the_options_are_written_they_say_the_same(home: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('host = "::1"')
    given = {"--data-dir": str(tmp_path / "d"), "--config": str(file), "--port": "7", "--unlock-fd": "4"}
    apart = [word for pair in given.items() for word in pair]
    found = of_command_line(apart, home)
    assert found == of_command_line([f"{name}={value}" for name, value in given.items()], home)
    assert (found[0].host, found[0].port, found[1], found[2]) == ("::1", 7, None, 4)


@pytest.mark.parametrize(
    "words",
    [["--listen-fd", "x"], ["--port", "--testing"], ["--prot", "1"], ["--por", "1"], ["now"], ["--port"]],
)
def test_wrong_usage_exits_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        of_command_line(words, {})
    assert ended.value.code == 2
    assert "usage: hourloom serve" in capsys.readouterr().err


def test_directories_are_where_each_system_wants_them(home: dict[str, str], tmp_path: Path) -> None:
    assert directories(home, "hourloom", "linux") == (
        tmp_path / "data" / "hourloom",
        tmp_path / "config" / "hourloom",
    )
    local = {"LOCALAPPDATA": str(tmp_path)}
    assert directories(local, "hourloom", "win32") == (tmp_path / "hourloom", tmp_path / "hourloom")


def test_directories_agree_with_the_library_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)
    unix, macos = platformdirs.unix.Unix("hourloom"), platformdirs.macos.MacOS("hourloom")
    relative = {"XDG_DATA_HOME": "not/absolute"}
    assert directories(relative, "hourloom", "linux") == (unix.user_data_path, unix.user_config_path)
    assert directories({}, "hourloom", "darwin") == (macos.user_data_path, macos.user_config_path)


def test_the_start_path_loads_no_parser_that_it_does_not_need(tmp_path: Path) -> None:
    program = (
        "import sys; from hourloom.configuration import read;"
        f"read({{}}, {{'XDG_CONFIG_HOME': {str(tmp_path)!r}}});"
        "print([m for m in ('tomllib', 'argparse', 'platformdirs', 'difflib') if m in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": "src"},
        cwd=ROOT,
    )
    assert ended.stdout.strip() == "[]"


def test_the_page_is_current() -> None:
    assert table() in PAGE.read_text("utf-8"), "run `python -m hourloom.configuration` and paste its table"


def test_every_key_has_an_explanation() -> None:
    assert all(option.description for option in options().values())


def test_the_common_variable_for_the_level_counts_where_nothing_else_says_it(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "HOURLOOM_CONFIG_DIR": str(tmp_path)}
    assert read({}, home | {"LOG_LEVEL": "DEBUG"}).log_level == "debug"
    assert read({}, home | {"LOG_LEVEL": "debug", "HOURLOOM_LOG_LEVEL": "error"}).log_level == "error"
    assert read({"log_level": "warning"}, home | {"LOG_LEVEL": "debug"}).log_level == "warning"
    assert read({}, home | {"LOG_LEVEL": "trace"}).log_level == "info"
    (tmp_path / "config.toml").write_text('log_level = "error"')
    assert read({}, home | {"LOG_LEVEL": "debug"}).log_level == "error"
