"""Settings over HTTP."""

from __future__ import annotations

import msgspec

from hourloom.core.actors import Actor
from hourloom.settings.model import SettingScope
from hourloom.settings.service import SettingInForce, Settings
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "settings")


class SettingView(msgspec.Struct):
    """A setting, its value and what it accepts."""

    name: str
    category: str
    scope: SettingScope
    user_editable: bool
    value: msgspec.Raw
    default: msgspec.Raw
    description: str
    schema: msgspec.Raw
    """The JSON schema of its values."""


class NewValue(msgspec.Struct, forbid_unknown_fields=True):
    """The value that a setting is to have."""

    value: msgspec.Raw


@routes.on("GET", "/settings", scope="settings:read")
def list_settings(settings: Settings, who: Actor) -> list[SettingView]:
    """List all settings with their values."""
    return [_view(each) for each in settings.all(who)]


@routes.on("GET", "/settings/{name}", scope="settings:read")
def show_setting(settings: Settings, who: Actor, name: str) -> SettingView:
    """Show one setting."""
    return _view(settings.get(who, name))


@routes.on("PUT", "/settings/{name}", scope="settings:write", mode=Mode.WRITE)
def change_setting(settings: Settings, who: Actor, name: str, body: NewValue) -> SettingView:
    """Change a setting."""
    return _view(settings.set(who, name, bytes(body.value)))


@routes.on("DELETE", "/settings/{name}", scope="settings:write", mode=Mode.WRITE)
def reset_setting(settings: Settings, who: Actor, name: str) -> SettingView:
    """Let a setting have its default again."""
    return _view(settings.reset(who, name))


def _view(found: SettingInForce) -> SettingView:
    setting = found.setting
    return SettingView(
        name=setting.name,
        category=setting.category,
        scope=setting.scope,
        user_editable=setting.user_editable,
        value=msgspec.Raw(setting.write(found.value).encode()),
        default=msgspec.Raw(setting.write(setting.default).encode()),
        description=setting.does,
        schema=msgspec.Raw(setting.schema()),
    )
