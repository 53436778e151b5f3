"""The names that the source designs give their channels and commands, and the names that we have for them.

Printed by `python -m hourloom.live.names` as the table in `docs/commands.md`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

Kind = Literal["command", "change", "address"]

INVOKE = "LightTrack, invoke"
BROADCAST = "LightTrack, broadcast"
FOCUSFLOW = "FocusFlow, command"


class Name(msgspec.Struct, frozen=True):
    """One name of a source design, and ours."""

    source: str
    theirs: str
    ours: str
    kind: Kind = "command"
    arrives_with: str | None = None
    """The feature that brings it; None where it is there already."""
    note: str = ""


def _invoke(theirs: str, ours: str, arrives_with: str | None, note: str = "") -> Name:
    return Name(INVOKE, theirs, ours, "command", arrives_with, note)


def _broadcast(theirs: str, ours: str, arrives_with: str | None, note: str = "") -> Name:
    return Name(BROADCAST, theirs, ours, "change", arrives_with, note)


def _focusflow(theirs: str, ours: str, arrives_with: str | None, note: str = "") -> Name:
    return Name(FOCUSFLOW, theirs, ours, "command", arrives_with, note)


NAMES = (
    _invoke("activity:start", "start_entry", "timesheet", "stops the entry that runs"),
    _invoke("activity:stop", "stop_entry", "timesheet"),
    _invoke("activity:pause", "pause_entry", "timesheet", "closes the open segment"),
    _invoke("activity:resume", "resume_entry", "timesheet", "opens the next segment"),
    _invoke("activity:merge", "merge_entries", "timesheet", "unites segments"),
    _invoke("activity:split", "split_entry", "timesheet", "cuts a segment in two"),
    _invoke("activity:export", "export_entries", "timesheet"),
    _invoke("activity:bulkUpdate", "edit_entries", "timesheet"),
    _invoke("activity:bulkDelete", "delete_entries", "timesheet"),
    _invoke("activity:getTodayActivities", "list_entries", "timesheet", "of the user's day"),
    _invoke("activity:getFiltered", "list_entries", "timesheet", "with a filter"),
    _invoke("activity:add", "add_entry", "timesheet"),
    _invoke("activity:update", "edit_entry", "timesheet"),
    _invoke("activity:delete", "delete_entry", "timesheet"),
    _invoke("project:getAll", "list_projects", None),
    _invoke("project:create", "create_project", None),
    _invoke("project:update", "edit_project", None),
    _invoke("project:delete", "delete_project", None),
    _invoke("settings:get", "show_setting", None),
    _invoke("settings:set", "change_setting", None),
    _invoke("analytics:getDailyStats", "show_day_score", None, "with all figures of the day"),
    _invoke("analytics:getWeeklyStats", "show_week_score", None, "with each of its days"),
    _invoke("analytics:getProductivityAnalysis", "show_productivity_analysis", None, "of any period"),
    _broadcast("activity:started", "TimeEntryStarted", "timesheet"),
    _broadcast("activity:stopped", "TimeEntryStopped", "timesheet"),
    _broadcast("activity:updated", "TimeEntryEdited", "timesheet"),
    _broadcast("activities:merged", "TimeEntriesMerged", "timesheet"),
    _broadcast("activity:split", "TimeEntrySplit", "timesheet"),
    _broadcast("show-notification", "NotificationSent", "plugins"),
    _broadcast("theme-changed", "SettingChanged", None, "of the setting for the theme"),
    _broadcast("sync-status-changed", "ConnectionChanged", "connections"),
    _focusflow("start_focus_session", "start_focus_session", "focus"),
    _focusflow("end_focus_session", "end_focus_session", "focus"),
    _focusflow("get_active_session", "show_running_focus_session", "focus"),
    _focusflow("get_session_history", "list_focus_sessions", "focus"),
    _focusflow("add_blocked_app", "add_blocked_item", "focus", "with a pattern for an app"),
    _focusflow("add_blocked_website", "add_blocked_item", "focus", "with a pattern for a site"),
    _focusflow("toggle_blocking", "change_shield", "focus"),
    _focusflow("get_daily_stats", "show_day_score", None),
    _focusflow("get_weekly_stats", "show_week_score", None),
    _focusflow("get_productivity_score", "show_day_score", None, "its parts are in the answer"),
    Name(FOCUSFLOW, "export_data", "GET /api/0/export", "address", note="a file, so over HTTP only"),
    _focusflow("import_data", "begin_import", None, "then `import_bucket` and `import_events`"),
)

HEAD = (
    "| Source design | Its name | Our name | What it is | Arrives with | Remark |",
    "|---|---|---|---|---|---|",
)


def table(names: Iterable[Name] = NAMES) -> Iterator[str]:
    """Yield the lines of the table."""
    yield from HEAD
    for name in names:
        arrives = "here" if name.arrives_with is None else f"`{name.arrives_with}`"
        cells = (name.source, f"`{name.theirs}`", f"`{name.ours}`", name.kind, arrives, name.note)
        yield "| " + " | ".join(cells).replace("|  |", "| |").rstrip() + " |"


if __name__ == "__main__":
    sys.stdout.write("\n".join([*table(), ""]))
