"""Read and change settings, ours and those of ActivityWatch's clients."""

from __future__ import annotations

import logging
from typing import Protocol, TypeVar

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.db.transaction import Database, Transaction
from hourloom.settings import store
from hourloom.settings.definitions import common_settings
from hourloom.settings.model import (
    ACTIVITYWATCH,
    EVERYONE,
    MOST_KEYS,
    AnySetting,
    Setting,
    SettingChanged,
    SettingIsFixed,
    SettingNotValid,
    SettingRegistry,
    StoredSetting,
    TooManyKeys,
    json_of,
    name_of_key,
)

Value = TypeVar("Value")
log = logging.getLogger(__name__)


class SettingInForce(msgspec.Struct, frozen=True):
    """A setting with the value that holds for a user."""

    setting: AnySetting
    value: object


class Shared(Protocol):
    """A feature that keeps a key of ActivityWatch's clients in step with something of its own."""

    @property
    def reading(self) -> str:
        """Return the scope that reading the key asks for besides that of settings."""
        ...

    @property
    def writing(self) -> str:
        """Return the scope that writing the key asks for besides that of settings."""
        ...

    def offered(self, tx: Transaction, who: Actor) -> str | None:
        """Return the value, as JSON, of a key that nobody wrote."""
        ...

    def written(self, tx: Transaction, who: Actor, was: str | None, text: str) -> None:
        """Take a new value over within the write that stores it, or raise with what is wrong with it."""
        ...


class Settings:
    """The preferences of users and workspaces."""

    is_service = True

    def __init__(self, database: Database, clock: Clock, registry: SettingRegistry | None = None) -> None:
        self._database, self._clock = database, clock
        self.registry = registry or common_settings()
        self._shared: dict[str, Shared] = {}

    def share(self, key: str, shared: Shared) -> None:
        """Let a feature keep a key of ActivityWatch's clients in step."""
        self._shared[key] = shared

    def value(self, who: Actor, setting: Setting[Value]) -> Value:
        """Return the value that holds for a user, for other services: it asks for no scope."""
        with self._database.read() as tx:
            stored = store.one(tx, who.workspace_id, _owner(who, setting), setting.name)
            return _valid(setting, stored)

    def all(self, who: Actor) -> list[SettingInForce]:
        """Return all settings with the values that hold for a user."""
        who.require("settings:read")
        with self._database.read() as tx:
            own = store.all_of(tx, who.workspace_id, who.user_id)
            shared = store.all_of(tx, who.workspace_id, EVERYONE)
        chosen = {
            "user": {stored.name: stored for stored in own},
            "workspace": {stored.name: stored for stored in shared},
        }
        return [SettingInForce(s, _valid(s, chosen[s.scope].get(s.name))) for s in self.registry]

    def get(self, who: Actor, name: str) -> SettingInForce:
        """Return one setting with the value that holds for a user."""
        who.require("settings:read")
        setting = self.registry.get(name)
        return SettingInForce(setting, self.value(who, setting))

    def set(self, who: Actor, name: str, raw: bytes) -> SettingInForce:
        """Change a setting to a value given as JSON."""
        setting = self._changeable(who, name)
        value = setting.parse(raw)
        with self._database.begin() as tx:
            owner, now = _owner(who, setting), self._clock.now()
            store.put(tx, who.workspace_id, owner, name, setting.write(value), now)
            tx.changed(who.workspace_id, SettingChanged(name))
        return SettingInForce(setting, value)

    def reset(self, who: Actor, name: str) -> SettingInForce:
        """Let a setting have its default again."""
        setting = self._changeable(who, name)
        with self._database.begin() as tx:
            if store.delete(tx, who.workspace_id, _owner(who, setting), name):
                tx.changed(who.workspace_id, SettingChanged(name))
        return SettingInForce(setting, setting.default)

    def activitywatch_all(self, who: Actor) -> dict[str, msgspec.Raw]:
        """Return everything that ActivityWatch's clients keep for a user, by their keys."""
        who.require("settings:read")
        with self._database.read() as tx:
            found = store.activitywatch_of(tx, who.workspace_id, who.user_id)
            by_key = {stored.name.removeprefix(ACTIVITYWATCH): stored.value for stored in found}
            for key, shared in self._shared.items():
                if not who.may(shared.reading):
                    by_key.pop(key, None)
                elif key not in by_key and (offered := shared.offered(tx, who)) is not None:
                    by_key[key] = offered
        return {key: msgspec.Raw(by_key[key].encode()) for key in sorted(by_key)}

    def activitywatch_get(self, who: Actor, key: str) -> msgspec.Raw | None:
        """Return what is kept under a key, or None."""
        who.require("settings:read")
        if key in self._shared:
            who.require(self._shared[key].reading)
        with self._database.read() as tx:
            stored = store.one(tx, who.workspace_id, who.user_id, name_of_key(key))
            text = None if stored is None else stored.value
            if text is None and key in self._shared:
                text = self._shared[key].offered(tx, who)
        return None if text is None else msgspec.Raw(text.encode())

    def activitywatch_set(self, who: Actor, key: str, raw: bytes) -> None:
        """Keep any JSON under a key; false, 0, "" and null are values like others."""
        self._require_writing(who, key)
        name, text = name_of_key(key), json_of(raw)
        with self._database.begin() as tx:
            known = store.one(tx, who.workspace_id, who.user_id, name)
            if known is None and store.count_activitywatch(tx, who.workspace_id, who.user_id) >= MOST_KEYS:
                raise TooManyKeys
            if key in self._shared:
                self._shared[key].written(tx, who, None if known is None else known.value, text)
            store.put(tx, who.workspace_id, who.user_id, name, text, self._clock.now())
            tx.changed(who.workspace_id, SettingChanged(name))

    def shared_value(self, tx: Transaction, who: Actor, key: str) -> str | None:
        """Return what was written under a key, for the feature that keeps it in step."""
        stored = store.one(tx, who.workspace_id, who.user_id, name_of_key(key))
        return None if stored is None else stored.value

    def put_shared_value(self, tx: Transaction, who: Actor, key: str, text: str | None) -> None:
        """Change what is kept under a key, or with None forget it, for the feature that keeps it in step."""
        name = name_of_key(key)
        if text is None:
            store.delete(tx, who.workspace_id, who.user_id, name)
        else:
            store.put(tx, who.workspace_id, who.user_id, name, text, self._clock.now())
        tx.changed(who.workspace_id, SettingChanged(name))

    def activitywatch_delete(self, who: Actor, key: str) -> None:
        """Forget what is kept under a key."""
        self._require_writing(who, key)
        name = name_of_key(key)
        with self._database.begin() as tx:
            if store.delete(tx, who.workspace_id, who.user_id, name):
                tx.changed(who.workspace_id, SettingChanged(name))

    def _require_writing(self, who: Actor, key: str) -> None:
        who.require("settings:write")
        if key in self._shared:
            who.require(self._shared[key].writing)

    def _changeable(self, who: Actor, name: str) -> AnySetting:
        who.require("settings:write")
        setting = self.registry.get(name)
        if not setting.user_editable:
            raise SettingIsFixed(name=name)
        return setting


def _owner(who: Actor, setting: Setting[Value]) -> int:
    return EVERYONE if setting.scope == "workspace" else who.user_id


def _valid(setting: Setting[Value], stored: StoredSetting | None) -> Value:
    """Return a stored value; one that an earlier version allowed gives way to the default."""
    if stored is None:
        return setting.default
    try:
        return setting.parse(stored.value)
    except SettingNotValid:
        log.warning("the stored value of the setting %s is not valid any more", setting.name)
        return setting.default
