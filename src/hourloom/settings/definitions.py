"""The settings that belong to no single feature."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.settings.model import Setting, SettingRegistry

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Theme = Literal["system", "light", "dark"]
Language = Literal["system", "en", "de"]


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

PRESENT_WITH_MEDIA: Setting[bool] = Setting(
    name="present_with_media",
    type=bool,
    default=False,
    category="tracking",
    does="Whether you are there without keyboard and mouse while audio or video plays or the microphone or "
    "camera is in use; what plays is never recorded, only that something does.",
)

WATCHER_SILENCE_MINUTES: Setting[int] = Setting(
    name="watcher_silence_minutes",
    type=Annotated[int, Meta(ge=0, le=10080)],
    default=60,
    category="tracking",
    scope="workspace",
    does="After how many minutes of use of its device a watcher that records nothing is told of as silent; "
    "browsers and editors, which report only while they are used, after 40 times as many; 0 is never.",
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
    default="system",
    category="screens",
    does="The language of the screens; `system` is your browser's where it is one of them, else English.",
)

ONE_KEY_COMMANDS: Setting[bool] = Setting(
    name="one_key_commands",
    type=bool,
    default=True,
    category="keys",
    does="Whether keys without Ctrl or Cmd do something on the screens; dictation and slips press such keys.",
)

MOST_COMMAND_KEYS = 200
CommandName = Annotated[str, Meta(max_length=64, pattern=r"^[a-z0-9._-]+$")]
CommandKeys = Annotated[str, Meta(max_length=40, pattern=r"^((mod\+)?(shift\+)?([^\s+]+|\+)( [^\s]+)?)?$")]


def _why_no_command_keys(chosen: dict[str, str]) -> str | None:
    """Return why keys cannot be given to commands so."""
    if len(chosen) > MOST_COMMAND_KEYS:
        return f"at most {MOST_COMMAND_KEYS} commands have keys of your own"
    taken = [keys for keys in chosen.values() if keys]
    return None if len(taken) == len(set(taken)) else "the same keys stand for two commands"


COMMAND_KEYS: Setting[dict[str, str]] = Setting(
    name="command_keys",
    type=dict[CommandName, CommandKeys],
    default={},
    category="keys",
    does="Keys of your own for commands of the screens, by the command's name, such as `mod+k` or `g t`; "
    "an empty text takes a command's keys away.",
    check=_why_no_command_keys,
)


def _why_no_folder(path: str) -> str | None:
    """Return why a text does not name a folder for backups."""
    from pathlib import Path  # noqa: PLC0415 - as above

    if path and (not Path(path).is_absolute() or "\0" in path):
        return "a folder is named by its whole path, such as '/media/disk/hourloom'"
    return None


BACKUP_ENABLED: Setting[bool] = Setting(
    name="backup_enabled",
    type=bool,
    default=True,
    category="backups",
    scope="workspace",
    does="Whether a backup is made each day by itself, and an alarm raised when none succeeds.",
)

BACKUP_HOUR: Setting[int] = Setting(
    name="backup_hour",
    type=Annotated[int, Meta(ge=0, le=23)],
    default=4,
    category="backups",
    scope="workspace",
    does="The hour of your day after which the daily backup is made; a computer that was off then makes it "
    "when it is on again.",
)

BACKUP_FOLDER: Setting[str] = Setting(
    name="backup_folder",
    type=Annotated[str, Meta(max_length=1000)],
    default="",
    category="backups",
    scope="workspace",
    does="The folder that backups are written to, best on another disk; empty is `backups` in the data "
    "directory.",
    check=_why_no_folder,
)

EXPORT_FOLDER: Setting[str] = Setting(
    name="export_folder",
    type=Annotated[str, Meta(max_length=1000)],
    default="",
    category="exports",
    does="The folder that reports, activities and events are exported to; empty is the folder of your "
    "documents.",
    check=_why_no_folder,
)

BACKUP_KEEP_DAILY: Setting[int] = Setting(
    name="backup_keep_daily",
    type=Annotated[int, Meta(ge=1, le=366)],
    default=7,
    category="backups",
    scope="workspace",
    does="How many of the last days that have a backup keep one.",
)

BACKUP_KEEP_WEEKLY: Setting[int] = Setting(
    name="backup_keep_weekly",
    type=Annotated[int, Meta(ge=0, le=520)],
    default=4,
    category="backups",
    scope="workspace",
    does="How many of the last weeks that have a backup keep one.",
)

BACKUP_KEEP_MONTHLY: Setting[int] = Setting(
    name="backup_keep_monthly",
    type=Annotated[int, Meta(ge=0, le=1200)],
    default=12,
    category="backups",
    scope="workspace",
    does="How many of the last months that have a backup keep one.",
)


Days = Annotated[int, Meta(ge=1, le=36_500)] | None

RETENTION_TITLES_DAYS: Setting[int | None] = Setting(
    name="retention_titles_days",
    type=Days,
    default=None,
    category="retention",
    scope="workspace",
    does="For how many days titles, URLs and all else that tells of content are kept; then only apps and "
    "sites stay. `null` is for ever.",
)

RETENTION_EVENTS_DAYS: Setting[int | None] = Setting(
    name="retention_events_days",
    type=Days,
    default=None,
    category="retention",
    scope="workspace",
    does="For how many days raw events are kept; then at most their totals stay. `null` is for ever.",
)

RETENTION_EVERYTHING_DAYS: Setting[int | None] = Setting(
    name="retention_everything_days",
    type=Days,
    default=None,
    category="retention",
    scope="workspace",
    does="For how many days anything is kept, totals too. `null` is for ever.",
)

RETENTION_TOTALS: Setting[bool] = Setting(
    name="retention_totals",
    type=bool,
    default=True,
    category="retention",
    scope="workspace",
    does="Whether the totals of deleted events are kept: how long each app and site was used in each quarter "
    "of an hour.",
)


EDITOR_JOIN_MINUTES: Setting[int] = Setting(
    name="editor_join_minutes",
    type=Annotated[int, Meta(ge=1, le=60)],
    default=10,
    category="editors",
    does="How many minutes may pass between two signs of life of an editor for the time between them to "
    "count as time in the editor; totals differ much by it.",
)

EDITOR_OLDEST_DAYS: Setting[int] = Setting(
    name="editor_oldest_days",
    type=Annotated[int, Meta(ge=1, le=36_500)],
    default=180,
    category="editors",
    does="How many days old what an editor sends may be; what is older is refused.",
)

EDITOR_NEWEST_MINUTES: Setting[int] = Setting(
    name="editor_newest_minutes",
    type=Annotated[int, Meta(ge=0, le=1440)],
    default=60,
    category="editors",
    does="How many minutes ahead of the server's clock what an editor sends may be.",
)

EDITOR_LAST_FOR_SITES: Setting[bool] = Setting(
    name="editor_last_for_sites",
    type=bool,
    default=False,
    category="editors",
    does="Whether a browser's plug-in that asks for the last project, branch or language gets it for sites "
    "too; otherwise sites have none.",
)


Weight = Annotated[float, Meta(ge=0, le=100)]


class DayScoreWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much each part of the day score counts; what is left out has its default."""

    pulse: Weight = 40
    focus_ratio: Weight = 25
    deep_share: Weight = 15
    fragmentation: Weight = 10
    switches: Weight = 10


def _why_no_weights(weights: DayScoreWeights) -> str | None:
    """Return why a score cannot be made with such weights."""
    return None if any(msgspec.structs.astuple(weights)) else "at least one part must count"


DAY_SCORE_WEIGHTS: Setting[DayScoreWeights] = Setting(
    name="day_score_weights",
    type=DayScoreWeights,
    default=DayScoreWeights(),
    category="reports",
    does="How much each part of the day score counts, from 0 to 100; scores of days gone by change with it.",
    check=_why_no_weights,
)


AUDIBLE_IS_PRESENT: Setting[bool] = Setting(
    name="audible_is_present",
    type=bool,
    default=True,
    category="activities",
    does="Whether you count as there, without keyboard and mouse, while a page that plays sound is in front.",
)

CALLS_ARE_PRESENT: Setting[bool] = Setting(
    name="calls_are_present",
    type=bool,
    default=True,
    category="activities",
    does="Whether you count as there, without keyboard and mouse, while the window or page of a call is in "
    "front.",
)

LONGEST_QUIET_CALL_HOURS: Setting[int] = Setting(
    name="longest_quiet_call_hours",
    type=Annotated[int, Meta(ge=1, le=24)],
    default=3,
    category="activities",
    does="How many hours a call counts without keyboard, mouse and sound; from then on you are away, however "
    "long its window stays open.",
)


def common_settings() -> SettingRegistry:
    """Return a new registry of these settings, to which features add theirs."""
    registry = SettingRegistry()
    registry.add(TIME_ZONE)
    registry.add(DAY_STARTS_AT)
    registry.add(FIRST_DAY_OF_WEEK)
    registry.add(IDLE_THRESHOLD_SECONDS)
    registry.add(PRESENT_WITH_MEDIA)
    registry.add(WATCHER_SILENCE_MINUTES)
    registry.add(THEME)
    registry.add(LANGUAGE)
    registry.add(ONE_KEY_COMMANDS)
    registry.add(COMMAND_KEYS)
    registry.add(BACKUP_ENABLED)
    registry.add(BACKUP_HOUR)
    registry.add(BACKUP_FOLDER)
    registry.add(EXPORT_FOLDER)
    registry.add(BACKUP_KEEP_DAILY)
    registry.add(BACKUP_KEEP_WEEKLY)
    registry.add(BACKUP_KEEP_MONTHLY)
    registry.add(RETENTION_TITLES_DAYS)
    registry.add(RETENTION_EVENTS_DAYS)
    registry.add(RETENTION_EVERYTHING_DAYS)
    registry.add(RETENTION_TOTALS)
    registry.add(EDITOR_JOIN_MINUTES)
    registry.add(EDITOR_OLDEST_DAYS)
    registry.add(EDITOR_NEWEST_MINUTES)
    registry.add(EDITOR_LAST_FOR_SITES)
    registry.add(AUDIBLE_IS_PRESENT)
    registry.add(CALLS_ARE_PRESENT)
    registry.add(LONGEST_QUIET_CALL_HOURS)
    registry.add(DAY_SCORE_WEIGHTS)
    return registry
