"""The settings that belong to no single feature."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from hourloom.settings.model import Setting, SettingRegistry

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Theme = Literal["system", "light", "dark"]
Language = Literal["en", "de"]


def _why_no_zone(name: str) -> str | None:
    """Return why a name is not that of a time zone."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only when somebody changes the zone

    if name == "system":
        return None
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return "it is neither 'system' nor the name of a time zone such as 'Europe/Berlin'"
    return None


TIME_ZONE: Setting[str] = Setting(
    name="time_zone",
    type=Annotated[str, Meta(min_length=1, max_length=64)],
    default="system",
    category="time",
    does="The time zone that your days are counted in, such as `Europe/Berlin`; `system` is the server's.",
    check=_why_no_zone,
)

DAY_STARTS_AT: Setting[int] = Setting(
    name="day_starts_at",
    type=Annotated[int, Meta(ge=0, lt=1440)],
    default=0,
    category="time",
    does="When your day begins, in minutes after midnight; 240 counts work until 4:00 for the day before.",
)

FIRST_DAY_OF_WEEK: Setting[Weekday] = Setting(
    name="first_day_of_week",
    type=Weekday,
    default="monday",
    category="time",
    does="The day that your weeks begin with.",
)

IDLE_THRESHOLD_SECONDS: Setting[int] = Setting(
    name="idle_threshold_seconds",
    type=Annotated[int, Meta(ge=10, le=86400)],
    default=300,
    category="tracking",
    does="After how many seconds without keyboard and mouse you are away; away begins at the last input.",
)

THEME: Setting[Theme] = Setting(
    name="theme",
    type=Theme,
    default="system",
    category="screens",
    does="Light or dark screens; `system` follows your computer.",
)

LANGUAGE: Setting[Language] = Setting(
    name="language",
    type=Language,
    default="en",
    category="screens",
    does="The language of the screens.",
)


def common_settings() -> SettingRegistry:
    """Return a new registry of these settings, to which features add theirs."""
    registry = SettingRegistry()
    registry.add(TIME_ZONE)
    registry.add(DAY_STARTS_AT)
    registry.add(FIRST_DAY_OF_WEEK)
    registry.add(IDLE_THRESHOLD_SECONDS)
    registry.add(THEME)
    registry.add(LANGUAGE)
    return registry
