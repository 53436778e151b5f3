"""Settings: validated, private, told of by name; and those that ActivityWatch's clients keep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from hourloom.core.actors import EVERYTHING, Actor, ScopeMissing
from hourloom.core.changes import RecordedChange
from hourloom.core.errors import Invalid
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.transaction import Database
from hourloom.settings.definitions import IDLE_THRESHOLD_SECONDS, THEME, TIME_ZONE, common_settings
from hourloom.settings.model import (
    KeyNotValid,
    NoSuchSetting,
    Setting,
    SettingIsFixed,
    SettingNotValid,
    SettingRegistry,
    TooManyKeys,
    ValueTooLarge,
)
from hourloom.settings.page import tables
from hourloom.settings.service import Settings
from hourloom.testing import Announced, FixedClock, ServerInMemory

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"

ROUNDING: Setting[int] = Setting(
    name="rounding",
    type=Annotated[int, msgspec.Meta(ge=1)],
    default=15,
    category="time",
    does="How.",
    scope="workspace",
)
VERSION: Setting[int] = Setting(
    name="version", type=int, default=1, category="x", does="What.", user_editable=False
)


def an_actor(*scopes: str, workspace: int = 1, user: int = 1) -> Actor:
    return Actor(WorkspaceId(workspace), UserId(user), frozenset(scopes) or EVERYTHING)


OWNER = an_actor()


@pytest.fixture
def settings(database: Database, clock: FixedClock) -> Settings:
    registry = common_settings()
    registry.add(ROUNDING)
    registry.add(VERSION)
    database.write(lambda: _add_workspaces(database))
    return Settings(database, clock, registry)


def _add_workspaces(database: Database) -> None:
    with database.begin() as tx:
        for name in ("first", "second"):
            tx.execute(
                "INSERT INTO workspaces (name, payload_key, created_at) VALUES (:name, :key, 0)",
                name=name,
                key=b"k",
            )


def test_a_setting_has_its_default_until_it_is_changed(database: Database, settings: Settings) -> None:
    assert settings.value(OWNER, THEME) == "system"
    database.write(lambda: settings.set(OWNER, "theme", b'"dark"'))
    assert settings.value(OWNER, THEME) == "dark"
    database.write(lambda: settings.set(OWNER, "theme", b'"light"'))
    assert settings.get(OWNER, "theme").value == "light"
    database.write(lambda: settings.reset(OWNER, "theme"))
    assert settings.value(OWNER, THEME) == "system"


def test_all_settings_are_listed_with_their_values(database: Database, settings: Settings) -> None:
    database.write(lambda: settings.set(OWNER, "idle_threshold_seconds", b"60"))
    found = {each.setting.name: each.value for each in settings.all(OWNER)}
    assert found["idle_threshold_seconds"] == 60
    assert found["day_starts_at"] == 0
    assert list(found) == [setting.name for setting in settings.registry]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", b'"pink"'),
        ("day_starts_at", b"1440"),
        ("day_starts_at", b"true"),
        ("day_starts_at", b'"0"'),
        ("idle_threshold_seconds", b"0"),
        ("idle_threshold_seconds", b"null"),
        ("time_zone", b'"Mars/Olympus"'),
        ("time_zone", b'"../../etc/passwd"'),
        ("time_zone", b'"Europe"'),
        ("time_zone", b'"a\\u0000b"'),
        ("first_day_of_week", b"1"),
        ("command_keys", b'{"Undo it": "u"}'),
        ("command_keys", b'{"undo": "u", "keys": "u"}'),
        ("command_keys", b'{"undo": "u u u"}'),
        ("command_keys", b'["undo"]'),
        ("theme", b"dark"),
        ("theme", b'"\xff"'),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(
    name: str, value: bytes, database: Database, settings: Settings
) -> None:
    before = settings.get(OWNER, name).value
    with pytest.raises(SettingNotValid, match=name):
        database.write(lambda: settings.set(OWNER, name, value))
    assert settings.get(OWNER, name).value == before


@pytest.mark.parametrize("zone", ["system", "Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"])
def test_real_time_zones_are_accepted(zone: str, database: Database, settings: Settings) -> None:
    database.write(lambda: settings.set(OWNER, "time_zone", msgspec.json.encode(zone)))
    assert settings.value(OWNER, TIME_ZONE) == zone


def test_unknown_names_are_refused(database: Database, settings: Settings) -> None:
    for attempt in (settings.get, settings.reset):
        with pytest.raises(NoSuchSetting):
            database.write(lambda: attempt(OWNER, "activitywatch.classes"))  # noqa: B023 - called at once


def test_a_fixed_setting_is_not_for_users_to_change(database: Database, settings: Settings) -> None:
    with pytest.raises(SettingIsFixed):
        database.write(lambda: settings.set(OWNER, "version", b"2"))


def test_scopes_are_needed(database: Database, settings: Settings) -> None:
    reader, nobody = an_actor("settings:read"), an_actor("tracking:write")
    assert settings.get(reader, "theme").value == "system"
    with pytest.raises(ScopeMissing):
        database.write(lambda: settings.set(reader, "theme", b'"dark"'))
    with pytest.raises(ScopeMissing):
        settings.all(nobody)
    with pytest.raises(ScopeMissing):
        settings.activitywatch_all(nobody)
    with pytest.raises(ScopeMissing):
        database.write(lambda: settings.activitywatch_set(reader, "a", b"1"))
    with pytest.raises(ScopeMissing):
        database.write(lambda: settings.activitywatch_delete(reader, "a"))


def test_users_and_workspaces_are_apart(database: Database, settings: Settings) -> None:
    colleague, stranger = an_actor(user=2), an_actor(workspace=2)
    database.write(lambda: settings.set(OWNER, "theme", b'"dark"'))
    database.write(lambda: settings.set(OWNER, "rounding", b"5"))
    assert (settings.value(colleague, THEME), settings.value(colleague, ROUNDING)) == ("system", 5)
    assert (settings.value(stranger, THEME), settings.value(stranger, ROUNDING)) == ("system", 15)
    assert {s.setting.name: s.value for s in settings.all(colleague)}["rounding"] == 5


def test_a_stored_value_that_is_not_valid_any_more_gives_way_to_the_default(
    database: Database, settings: Settings, clock: FixedClock
) -> None:
    database.write(lambda: settings.set(OWNER, "idle_threshold_seconds", b"86400"))
    stricter = SettingRegistry()
    limited = msgspec.structs.replace(IDLE_THRESHOLD_SECONDS, type=Annotated[int, msgspec.Meta(le=600)])
    stricter.add(limited)
    later = Settings(database, clock, stricter)
    assert later.value(OWNER, limited) == 300


def test_a_change_tells_the_name_and_not_the_value(
    database: Database, settings: Settings, announced: Announced
) -> None:
    database.write(lambda: settings.set(OWNER, "language", b'"de"'))
    database.write(lambda: settings.activitywatch_set(OWNER, "classes", b'["Secret"]'))
    database.write(lambda: settings.activitywatch_delete(OWNER, "classes"))
    database.write(lambda: settings.reset(OWNER, "language"))
    assert announced.kinds == ["SettingChanged"] * 4
    bodies = [msgspec.json.decode(change.body) for change in announced.changes]
    names = ["language", "activitywatch.classes", "activitywatch.classes", "language"]
    assert bodies == [{"name": name} for name in names]


def test_resetting_what_was_never_set_announces_nothing(
    database: Database, settings: Settings, announced: Announced
) -> None:
    database.write(lambda: settings.reset(OWNER, "theme"))
    database.write(lambda: settings.activitywatch_delete(OWNER, "never"))
    assert announced.kinds == []


def test_every_default_is_valid() -> None:
    for setting in common_settings():
        assert setting.parse(setting.write(setting.default)) == setting.default


def test_a_name_is_defined_once() -> None:
    registry = common_settings()
    with pytest.raises(ValueError, match="twice"):
        registry.add(THEME)
    with pytest.raises(ValueError, match="twice"):
        registry.add(msgspec.structs.replace(ROUNDING, name="activitywatch.rounding"))


@pytest.mark.parametrize("value", ["false", "0", '""', "null", "[]", "{}", '"Zürich"', '{"b":1, "a":[1.50]}'])
def test_activitywatch_stores_every_value_as_it_is(
    value: str, database: Database, settings: Settings
) -> None:
    database.write(lambda: settings.activitywatch_set(OWNER, "key", b"1"))
    database.write(lambda: settings.activitywatch_set(OWNER, "key", value.encode()))
    assert settings.activitywatch_get(OWNER, "key") == msgspec.Raw(value.encode())
    assert msgspec.json.encode(settings.activitywatch_all(OWNER)) == f'{{"key":{value}}}'.encode()


def test_activitywatch_deletes_only_when_told_to(database: Database, settings: Settings) -> None:
    database.write(lambda: settings.activitywatch_set(OWNER, "key", b"null"))
    assert settings.activitywatch_get(OWNER, "key") == msgspec.Raw(b"null")
    database.write(lambda: settings.activitywatch_delete(OWNER, "key"))
    assert settings.activitywatch_get(OWNER, "key") is None
    assert settings.activitywatch_all(OWNER) == {}


def test_activitywatch_is_kept_apart_from_our_settings(database: Database, settings: Settings) -> None:
    database.write(lambda: settings.activitywatch_set(OWNER, "theme", b'"dark"'))
    database.write(lambda: settings.set(OWNER, "language", b'"de"'))
    assert settings.value(OWNER, THEME) == "system"
    assert list(settings.activitywatch_all(OWNER)) == ["theme"]
    assert settings.activitywatch_get(an_actor(user=2), "theme") is None


@pytest.mark.parametrize("key", ["", "k" * 129, "é" * 65, "a\nb", "a\x00b", "\ud800"])
def test_keys_of_activitywatch_are_limited(key: str, database: Database, settings: Settings) -> None:
    with pytest.raises(KeyNotValid):
        database.write(lambda: settings.activitywatch_set(OWNER, key, b"1"))


@pytest.mark.parametrize("key", ["k" * 128, "é" * 64, "a.b", "start of day", "50%", "_"])
def test_keys_within_the_limit_are_accepted(key: str, database: Database, settings: Settings) -> None:
    database.write(lambda: settings.activitywatch_set(OWNER, key, b"1"))
    assert list(settings.activitywatch_all(OWNER)) == [key]


@pytest.mark.parametrize("raw", [b"", b"{", b"NaN", b'"\xff"', b"[" * 10_000])
def test_what_is_not_json_is_refused(raw: bytes, database: Database, settings: Settings) -> None:
    with pytest.raises(Invalid):
        database.write(lambda: settings.activitywatch_set(OWNER, "key", raw))
    assert settings.activitywatch_all(OWNER) == {}


def test_values_of_activitywatch_are_limited(database: Database, settings: Settings) -> None:
    largest = b'"' + b"x" * (1024 * 1024 - 2) + b'"'
    database.write(lambda: settings.activitywatch_set(OWNER, "key", largest))
    with pytest.raises(ValueTooLarge):
        database.write(lambda: settings.activitywatch_set(OWNER, "key", largest + b" "))
    assert settings.activitywatch_get(OWNER, "key") == msgspec.Raw(largest)


def test_there_are_at_most_a_thousand_keys(database: Database, settings: Settings) -> None:
    def fill() -> None:
        for number in range(1_000):
            settings.activitywatch_set(OWNER, f"key{number}", b"1")

    database.write(fill)
    with pytest.raises(TooManyKeys):
        database.write(lambda: settings.activitywatch_set(OWNER, "one more", b"1"))
    database.write(lambda: settings.activitywatch_set(OWNER, "key7", b"2"))
    assert settings.activitywatch_get(OWNER, "key7") == msgspec.Raw(b"2")


def test_settings_are_read_and_changed_over_http(server: ServerInMemory) -> None:
    client = server.client_with("settings:write")
    listed = client.get("/api/v1/settings").json()
    assert {each["name"] for each in listed} >= {"theme", "time_zone", "idle_threshold_seconds"}
    shown = client.get("/api/v1/settings/theme").json()
    assert (shown["value"], shown["default"]) == ("system", "system")
    assert shown["schema"] == {"enum": ["dark", "light", "system"]}
    assert client.put("/api/v1/settings/theme", {"value": "dark"}).json()["value"] == "dark"
    assert client.get("/api/v1/settings/theme").json()["value"] == "dark"
    assert client.delete("/api/v1/settings/theme").json()["value"] == "system"
    refused = client.put("/api/v1/settings/theme", {"value": "pink"})
    assert (refused.status, refused.json()["code"]) == (400, "setting_not_valid")
    assert client.get("/api/v1/settings/nothing").status == 404
    assert server.client_with("tracking:read").get("/api/v1/settings").status == 403


def test_applying_the_changes_gives_the_fresh_state(server: ServerInMemory) -> None:
    client = server.client_with("settings:write")

    def state() -> dict[str, object]:
        return {each["name"]: each["value"] for each in client.get("/api/v1/settings").json()}

    def apply(before: dict[str, object], change: RecordedChange) -> dict[str, object]:
        name = msgspec.json.decode(change.body)["name"]
        return before | {name: client.get(f"/api/v1/settings/{name}").json()["value"]}

    server.verify_changes(lambda: client.put("/api/v1/settings/language", {"value": "de"}), state, apply)
    server.verify_changes(lambda: client.delete("/api/v1/settings/language"), state, apply)


def test_the_page_is_current() -> None:
    assert tables(common_settings()) in PAGE.read_text("utf-8"), (
        "run `python -m hourloom.settings.page` and paste its tables"
    )
