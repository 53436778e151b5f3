"""What a setting is, the registry of all of them, and the limits of ActivityWatch's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, Literal, TypeVar

import msgspec

from hourloom.core.changes import Change
from hourloom.core.clock import Instant
from hourloom.core.decoding import decode
from hourloom.core.errors import Forbidden, Invalid, NotFound, TooLarge

Value = TypeVar("Value")
SettingScope = Literal["user", "workspace"]

ACTIVITYWATCH = "activitywatch."
"""The names of settings that ActivityWatch's clients keep here begin so."""
LONGEST_KEY = 128
LARGEST_VALUE = 1024 * 1024
MOST_KEYS = 1_000
EVERYONE = 0
"""The user whose settings are those of the whole workspace."""


class NoSuchSetting(NotFound):
    """There is no setting {name}."""


class SettingNotValid(Invalid):
    """The setting {name} does not accept this value: {reason}."""


class SettingIsFixed(Forbidden):
    """The setting {name} is not for users to change."""


class KeyNotValid(Invalid):
    """The name of a setting has 1 to 128 bytes and no control characters."""


class ValueTooLarge(TooLarge):
    """The value of a setting has at most 1 MiB."""


class TooManyKeys(TooLarge):
    """There are 1,000 settings of other programs already; delete some."""


class Setting(msgspec.Struct, Generic[Value], frozen=True, kw_only=True):
    """The definition of one setting."""

    name: str
    type: object
    """What msgspec validates values by."""
    default: Value
    category: str
    does: str
    """What it changes, in a sentence for its user."""
    scope: SettingScope = "user"
    user_editable: bool = True
    check: Callable[[Value], str | None] | None = None
    """Returns why a value of the right type is refused all the same."""

    def parse(self, text: bytes | str) -> Value:
        """Read a value from JSON, or raise with the reason."""
        try:
            value: Value = decode(text, self.type)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise SettingNotValid(name=self.name, reason=str(error)[:200]) from None
        reason = self.check(value) if self.check is not None else None
        if reason is not None:
            raise SettingNotValid(name=self.name, reason=reason)
        return value

    def write(self, value: Value) -> str:
        """Write a value as JSON."""
        return msgspec.json.encode(value).decode()

    def schema(self) -> bytes:
        """Return the JSON schema of its values."""
        return msgspec.json.encode(msgspec.json.schema(self.type))


AnySetting = Setting[object]


class SettingRegistry:
    """All settings that there are; the app fills it from the features' definitions."""

    def __init__(self) -> None:
        self._settings: dict[str, AnySetting] = {}

    def add(self, setting: Setting[Value]) -> None:
        """Add a definition; a name is used once. Tests see to it that defaults are valid."""
        if setting.name in self._settings or setting.name.startswith(ACTIVITYWATCH):
            raise ValueError(f"the setting {setting.name} is defined twice")
        self._settings[setting.name] = setting  # type: ignore[assignment]  # read only as what it was added

    def get(self, name: str) -> AnySetting:
        """Return a definition."""
        found = self._settings.get(name)
        if found is None:
            raise NoSuchSetting(name=name[:60])
        return found

    def __iter__(self) -> Iterator[AnySetting]:
        """Go through all definitions in the order in which they were added."""
        return iter(self._settings.values())


class StoredSetting(msgspec.Struct, frozen=True):
    """A value that somebody chose, as JSON."""

    name: str
    value: str
    updated_at: Instant


class SettingChanged(Change, frozen=True):
    """A setting was changed or went back to its default; the value is private and must be asked for."""

    name: str


def name_of_key(key: str) -> str:
    """Return the name under which a key of ActivityWatch's clients is kept."""
    if not key or not key.isprintable() or len(key.encode()) > LONGEST_KEY:
        raise KeyNotValid
    return ACTIVITYWATCH + key


def json_of(raw: bytes) -> str:
    """Return JSON of ActivityWatch's clients as text, as they wrote it."""
    if len(raw) > LARGEST_VALUE:
        raise ValueTooLarge
    try:
        decode(raw)
        return raw.decode()
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid(reason=str(error)[:100]) from None
