"""The operator's configuration: defaults, a file, the environment and the command line, read once.

`python -m hourloom.configuration` prints the table of docs/configuration.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

import msgspec
from msgspec import Meta

from hourloom.core.errors import Refused

PORT, TESTING_PORT = 5600, 5666
FILE = "config.toml"
LARGEST = 64 * 1024
"""Bytes of a configuration file."""
PREFIX = "HOURLOOM_"

Encryption = Literal["file", "off"]
LocalAccess = Literal["full", "ingest", "off"]
LogLevel = Literal["debug", "info", "warning", "error"]
TelemetryKind = Literal["off", "sentry", "otel"]


class ConfigurationWrong(Refused):
    """{where}: {key} is not valid: {reason}."""


class UnknownKey(ConfigurationWrong):
    """{where}: there is no key {key}{suggestion}."""


class ConfigurationUnreadable(ConfigurationWrong):
    """The configuration {where} cannot be read: {reason}."""


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator decides; it does not change while the server runs."""

    data_dir: Annotated[
        Path,
        Meta(
            description="where the database, its wrapped keys, the log and the local socket are",
            extra={"default": "by system, see below"},
        ),
    ]
    config_dir: Annotated[
        Path,
        Meta(
            description="where this file and key files are",
            extra={"default": "by system, see below", "outside_file": True},
        ),
    ]
    testing: Annotated[
        bool,
        Meta(
            description="use directories and a port of its own, and let buckets be deleted without `force`",
            extra={"outside_file": True},
        ),
    ] = False
    host: Annotated[str, Meta(min_length=1, description="the address to listen on")] = "127.0.0.1"
    port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="the port to listen on; 0 takes a free one",
            extra={"default": f"`{PORT}`, with `--testing` `{TESTING_PORT}`"},
        ),
    ] = PORT
    database_url: Annotated[
        Annotated[str, Meta(pattern="^postgres(ql)?://")] | None,
        Meta(description="`postgresql://…` uses that server instead of the embedded database"),
    ] = None
    encryption: Annotated[
        Encryption, Meta(description="whether a new embedded database is encrypted: `file` or `off`")
    ] = "file"
    keychain: Annotated[
        bool, Meta(description="whether the system's keychain may keep the key of the database")
    ] = True
    key_file: Annotated[
        Path | None,
        Meta(
            description="where the key file is, if one is used",
            extra={"default": "`keys/` in the configuration directory"},
        ),
    ] = None
    allowed_hosts: Annotated[
        tuple[str, ...],
        Meta(description="further values of the Host header that name this server, such as `tower:5600`"),
    ] = ()
    allowed_origins: Annotated[
        tuple[str, ...], Meta(description="web sites whose pages may use the API with a token")
    ] = ()
    local_access: Annotated[
        LocalAccess,
        Meta(
            description="what your own programs on this computer may do on `/api/0` without a token: "
            "`full`, only record (`ingest`), or nothing (`off`)"
        ),
    ] = "full"
    ballast: Annotated[
        int, Meta(ge=0, le=2**40, description="bytes of disk kept in reserve for when the disk is full")
    ] = 8 * 1024 * 1024
    query_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="seconds after which a query is stopped")
    ] = 30.0
    log_level: Annotated[
        LogLevel,
        Meta(
            description="how much is logged: `debug`, `info`, `warning` or `error`; the variable "
            "`LOG_LEVEL`, which many programs read, counts where nothing else says it"
        ),
    ] = "info"
    telemetry: Annotated[
        TelemetryKind,
        Meta(
            description="whether crashes (`sentry`) or figures (`otel`) are **sent away** to a server of "
            "your choice; see [logs](logs.md)"
        ),
    ] = "off"
    telemetry_address: Annotated[
        Annotated[str, Meta(pattern="^https?://")] | None,
        Meta(description="where telemetry is sent, if it is on"),
    ] = None

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Configuration({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show everything but the database's address, which may hold a password."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        return list((shown | ({"database_url": "postgresql://***"} if self.database_url else {})).items())


class Option(NamedTuple):
    """One key of the configuration, as its definition describes it."""

    name: str
    type: Any  # whatever annotation the field has
    default: object
    default_text: str
    description: str
    in_file: bool

    @property
    def variable(self) -> str:
        """Return its environment variable."""
        return PREFIX + self.name.upper()


def options() -> dict[str, Option]:
    """Return all keys by name, in the order of their definition."""
    return {field.name: _option(field) for field in msgspec.structs.fields(Configuration)}


def _option(field: msgspec.structs.FieldInfo) -> Option:
    (meta,) = (m for m in field.type.__metadata__ if isinstance(m, Meta) and m.description)
    extra = meta.extra or {}
    default = None if field.default is msgspec.NODEFAULT else field.default
    shown = extra.get("default") or (f"`{_as_toml(default)}`" if default is not None else "none")
    in_file = not extra.get("outside_file")
    return Option(field.name, field.type, default, shown, meta.description or "", in_file)


def read(
    arguments: Mapping[str, object],
    environment: Mapping[str, str] = os.environ,
    file: Path | None = None,
) -> Configuration:
    """Read the configuration: what stands further right wins in defaults, file, environment, arguments."""
    known = options()
    given = dict(_from_environment(environment, known)) | dict(_from_arguments(arguments, known))
    testing = given.get("testing", False)
    data_dir, config_dir = directories(environment, "hourloom-testing" if testing else "hourloom")
    found: dict[str, Any] = {  # each value is checked against its field's type
        "data_dir": data_dir,
        "config_dir": given.get("config_dir", config_dir),
        "port": TESTING_PORT if testing else PORT,
        **dict(_from_common(environment)),
    }
    named = file or (Path(environment[PREFIX + "CONFIG"]) if environment.get(PREFIX + "CONFIG") else None)
    found |= dict(_from_file(named or found["config_dir"] / FILE, known, must_exist=named is not None))
    return Configuration(**(found | given))


_TAKEN = frozenset(
    ("--data-dir", "--config", "--host", "--port", "--log-level", "--listen-fd", "--unlock-fd")
)
"""The options of `hourloom serve` that take a value."""


def of_command_line(
    words: Sequence[str], environment: Mapping[str, str] = os.environ
) -> tuple[Configuration, int | None, int | None]:
    """Read the words after `hourloom serve`: the configuration, the descriptors to listen and unlock by."""
    arguments = _pairs(words)
    if arguments is None:
        arguments = _parsed_words(words)
    file, listen, unlock = (arguments.pop(name, None) for name in ("config", "listen_fd", "unlock_fd"))
    where = None if file is None else Path(file)
    return read(arguments, environment, where), _descriptor(listen), _descriptor(unlock)


def _descriptor(text: str | None) -> int | None:
    return None if text is None else int(text)


def _pairs(words: Sequence[str]) -> dict[str, str] | None:
    """Read `--name value`, as the supervisor and nearly everyone writes it; None for anything else."""
    names, values = words[::2], words[1::2]
    if len(names) != len(values) or not _TAKEN.issuperset(names) or any(v.startswith("-") for v in values):
        return None
    given = {name[2:].replace("-", "_"): value for name, value in zip(names, values, strict=True)}
    descriptors = (given.get(name, "0") for name in ("listen_fd", "unlock_fd"))
    return given if all(each.isdecimal() for each in descriptors) else None


def _parsed_words(words: Sequence[str]) -> dict[str, Any]:  # whatever argparse makes of them
    """Read any words; help and refusals end the program."""
    import argparse  # noqa: PLC0415 - 7 ms that a start need not take

    parser = argparse.ArgumentParser(
        "hourloom serve",
        description="Run the server alone.",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--data-dir", metavar="DIR", help="where the database is")
    parser.add_argument("--config", metavar="FILE", help="the configuration file")
    parser.add_argument("--host", help="the address to listen on")
    parser.add_argument("--port", help=f"the port to listen on ({PORT})")
    parser.add_argument("--testing", action="store_true", help="use directories and a port of its own")
    parser.add_argument("--log-level", help="debug, info, warning or error")
    parser.add_argument("--listen-fd", metavar="FD", type=int, help="take over this listening socket")
    parser.add_argument("--unlock-fd", metavar="FD", type=int, help=argparse.SUPPRESS)
    return vars(parser.parse_args(words))


def directories(environment: Mapping[str, str], name: str, platform: str = sys.platform) -> tuple[Path, Path]:
    """Return where data and configuration belong on a system.

    Written out, because the library for it takes longer to import than all else here to run.
    """
    home = Path.home()
    if platform == "darwin":
        return (home / "Library/Application Support" / name,) * 2
    if platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return ((Path(local) if local else home / "AppData/Local") / name,) * 2
    data = _absolute(environment.get("XDG_DATA_HOME")) or home / ".local/share"
    config = _absolute(environment.get("XDG_CONFIG_HOME")) or home / ".config"
    return data / name, config / name


def _absolute(text: str | None) -> Path | None:
    """Return a directory of the XDG specification, which ignores relative ones."""
    return Path(text) if text and Path(text).is_absolute() else None


def _from_common(environment: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """Yield what a variable says that other programs read too; a value of theirs is let be."""
    level = environment.get("LOG_LEVEL", "").lower()
    if level in get_args(LogLevel):
        yield "log_level", level


def _from_environment(
    environment: Mapping[str, str], known: Mapping[str, Option]
) -> Iterator[tuple[str, object]]:
    # Unknown variables are let be: other programs of ours have theirs.
    for option in known.values():
        if text := environment.get(option.variable):
            yield option.name, _loosely(text, option, f"The environment variable {option.variable}")


def _from_arguments(
    arguments: Mapping[str, object], known: Mapping[str, Option]
) -> Iterator[tuple[str, object]]:
    for name, value in arguments.items():
        if value is not None:
            yield name, _loosely(value, known[name], f"The option --{name.replace('_', '-')}")


def _from_file(path: Path, known: Mapping[str, Option], *, must_exist: bool) -> Iterator[tuple[str, object]]:
    try:
        with path.open("rb") as opened:
            table = _parsed(opened.read(LARGEST + 1), path)
    except FileNotFoundError as error:
        if must_exist:
            raise ConfigurationUnreadable(where=path, reason=error.strerror) from None
        return
    except OSError as error:
        raise ConfigurationUnreadable(where=path, reason=error.strerror) from None
    for name, value in table.items():
        option = known.get(name)
        if option is None or not option.in_file:
            raise UnknownKey(where=path, key=name[:60], suggestion=_suggestion(name, known))
        yield name, _checked(value, option, str(path), path.parent)


def _parsed(text: bytes, path: Path) -> dict[str, Any]:  # the tables of TOML
    import tomllib  # noqa: PLC0415 - most have no file

    if len(text) > LARGEST:
        raise ConfigurationUnreadable(where=path, reason=f"it is larger than {LARGEST // 1024} KiB")
    try:
        return tomllib.loads(text.decode())
    except RecursionError:
        raise ConfigurationUnreadable(where=path, reason="it is nested too deep") from None
    except UnicodeDecodeError:
        raise ConfigurationUnreadable(where=path, reason="it is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationUnreadable(where=path, reason=_lower(str(error))) from None


def _suggestion(name: str, known: Mapping[str, Option]) -> str:
    import difflib  # noqa: PLC0415 - only for mistakes

    option = known.get(name)
    if option is not None:
        return f" in the file; use the environment variable {option.variable}"
    near = difflib.get_close_matches(name, known, 1)
    return f"; perhaps {near[0]} is meant" if near else ""


def _loosely(value: object, option: Option, where: str) -> object:
    if isinstance(value, str) and isinstance(option.default, tuple):
        value = [part.strip() for part in value.split(",") if part.strip()]
    return _checked(value, option, where, Path.cwd(), strict=False)


def _checked(value: object, option: Option, where: str, relative_to: Path, *, strict: bool = True) -> object:
    def path(_: type, text: object) -> Path:
        if isinstance(text, str | Path) and str(text):
            return relative_to / Path(text).expanduser()
        raise ValueError("expected a path")

    try:
        converted: object = msgspec.convert(value, option.type, strict=strict, dec_hook=path)  # noqa: TID251 - read before there are threads
    except msgspec.ValidationError as error:
        raise ConfigurationWrong(where=where, key=option.name, reason=_lower(str(error))) from None
    return converted


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def table() -> str:
    """Return the table of all keys in Markdown."""
    rows = ["| key | environment | default | what it does |", "|---|---|---|---|"]
    for option in options().values():
        key = f"`{option.name}`" if option.in_file else f"{option.name} (not in the file)"
        rows.append(f"| {key} | `{option.variable}` | {option.default_text} | {option.description} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
