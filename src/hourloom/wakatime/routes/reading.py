"""What plug-ins and other programs read: the day, summaries, statistics, and what they are made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.wakatime.model.summing import Json
from hourloom.wakatime.routes.places import address_of, of_user, require_self, routes
from hourloom.wakatime.routes.sending import User
from hourloom.wakatime.service import (
    EditorDumps,
    EditorElsewhere,
    EditorGoals,
    EditorOverview,
    EditorThings,
)
from hourloom.wakatime.service.overview import Asked
from hourloom.web.caller import Caller
from hourloom.web.routes import Access, Mode

READ = "tracking:read"
Text = Annotated[str, Meta(max_length=300)]
Flag = Literal["true", "false", "1", "0", "", "True", "False"]
Minutes = Annotated[float, Meta(ge=1, le=60)]


class NewDump(msgspec.Struct):
    """What is to be in a file."""

    type: Literal["heartbeats", "daily"] = "heartbeats"
    email_when_finished: Any = None


def _asked(
    project: str | None, branches: str | None, timeout: float | None, writes_only: str, timezone: str | None
) -> Asked:
    return Asked(
        project or None, branches or None, timeout, writes_only.lower() in ("true", "1"), timezone or None
    )


@routes.on("GET", *of_user("/statusbar/today", "/status_bar/today"), scope=READ, access=Access.EDITOR)
def show_status_bar(overview: EditorOverview, who: Actor, user: User) -> Json:
    """Show the user's present day."""
    require_self(who, user)
    return overview.today(who)


@routes.on("GET", *of_user("/summaries"), scope=READ, access=Access.EDITOR)
def list_summaries(  # noqa: PLR0913, PLR0917 - WakaTime's parameters
    overview: EditorOverview,
    who: Actor,
    user: User,
    start: Text = "today",
    end: Text = "",
    range: Text = "",  # noqa: A002 - the same
    project: Text | None = None,
    branches: Text | None = None,
    timeout: Minutes | None = None,
    writes_only: Flag = "",
    timezone: Text | None = None,
) -> Json:
    """Sum up each day of a period."""
    require_self(who, user)
    asked = _asked(project, branches, timeout, writes_only, timezone)
    return overview.summaries(who, start, end, range, asked)


@routes.on("GET", *of_user("/stats"), scope=READ, access=Access.EDITOR)
def show_stats(  # noqa: PLR0913, PLR0917 - as above
    overview: EditorOverview,
    who: Actor,
    user: User,
    range: Text = "last_7_days",  # noqa: A002 - the same
    project: Text | None = None,
    timeout: Minutes | None = None,
    writes_only: Flag = "",
    timezone: Text | None = None,
) -> Json:
    """Sum up the last seven days."""
    require_self(who, user)
    return overview.stats(who, range, _asked(project, None, timeout, writes_only, timezone))


@routes.on("GET", *of_user("/stats/{period}"), scope=READ, access=Access.EDITOR)
def show_stats_of(  # noqa: PLR0913, PLR0917 - as above
    overview: EditorOverview,
    who: Actor,
    user: User,
    period: Text,
    project: Text | None = None,
    timeout: Minutes | None = None,
    writes_only: Flag = "",
    timezone: Text | None = None,
) -> Json:
    """Sum up a period by its name."""
    require_self(who, user)
    return overview.stats(who, period, _asked(project, None, timeout, writes_only, timezone))


@routes.on("GET", *of_user("/all_time_since_today"), scope=READ, access=Access.EDITOR)
def show_all_time(
    overview: EditorOverview,
    who: Actor,
    user: User,
    project: Text | None = None,
    timeout: Minutes | None = None,
) -> Json:
    """Sum up everything."""
    require_self(who, user)
    return overview.all_time(who, _asked(project, None, timeout, "", None))


@routes.on("GET", *of_user("/durations"), scope=READ, access=Access.EDITOR)
def list_durations(  # noqa: PLR0913, PLR0917 - as above
    overview: EditorOverview,
    who: Actor,
    user: User,
    date: Text = "today",
    slice_by: Text = "project",
    project: Text | None = None,
    branches: Text | None = None,
    timeout: Minutes | None = None,
    writes_only: Flag = "",
    timezone: Text | None = None,
) -> Json:
    """List the spans of a day."""
    require_self(who, user)
    asked = _asked(project, branches, timeout, writes_only, timezone)
    return overview.durations(who, date, slice_by or "project", asked)


@routes.on("GET", *of_user("/heartbeats"), scope=READ, access=Access.EDITOR)
def list_heartbeats(
    things: EditorThings, who: Actor, user: User, date: Text = "today", timezone: Text | None = None
) -> Json:
    """List the heartbeats of a day."""
    require_self(who, user)
    return things.heartbeats(who, date, timezone or None)


@routes.on("GET", *of_user(""), scope=READ, access=Access.EDITOR)
def show_user(things: EditorThings, who: Actor, user: User) -> Json:
    """Show who asks."""
    require_self(who, user)
    return things.user(who)


@routes.on("GET", *of_user("/projects"), scope=READ, access=Access.EDITOR)
def list_editor_projects(things: EditorThings, who: Actor, user: User, q: Text = "") -> Json:
    """List projects, the one used last first."""
    require_self(who, user)
    return things.projects(who, q)


@routes.on("GET", *of_user("/projects/{id}"), scope=READ, access=Access.EDITOR)
def show_editor_project(things: EditorThings, who: Actor, user: User, id: Text) -> Json:
    """Show one project by its id or name."""
    require_self(who, user)
    return things.project(who, id)


@routes.on("GET", *of_user("/user_agents"), scope=READ, access=Access.EDITOR)
def list_user_agents(things: EditorThings, who: Actor, user: User) -> Json:
    """List the programs that sent heartbeats."""
    require_self(who, user)
    return things.user_agents(who)


@routes.on("GET", *of_user("/machine_names"), scope=READ, access=Access.EDITOR)
def list_machine_names(things: EditorThings, who: Actor, user: User) -> Json:
    """List the computers that heartbeats came from."""
    require_self(who, user)
    return things.machine_names(who)


@routes.on(
    "GET", *of_user("/external_durations", "/external_durations.bulk"), scope=READ, access=Access.EDITOR
)
def list_external_durations(
    elsewhere: EditorElsewhere, who: Actor, user: User, date: Text = "today", timezone: Text | None = None
) -> Json:
    """List the spans that came from other programs."""
    require_self(who, user)
    return elsewhere.list(who, date, timezone or None)


@routes.on("GET", *of_user("/goals"), scope=READ, access=Access.EDITOR)
def list_editor_goals(goals: EditorGoals, who: Actor, user: User) -> Json:
    """List goals of time."""
    require_self(who, user)
    return goals.all(who)


@routes.on("GET", *of_user("/goals/{id}"), scope=READ, access=Access.EDITOR)
def show_editor_goal(goals: EditorGoals, who: Actor, user: User, id: Text) -> Json:
    """Show a goal of time."""
    require_self(who, user)
    return goals.one(who, id)


@routes.on("POST", *of_user("/data_dumps"), scope=READ, access=Access.EDITOR, mode=Mode.WRITE, status=201)
def begin_dump(dumps: EditorDumps, who: Actor, user: User, body: NewDump = NewDump()) -> Json:  # noqa: B008 - never changed
    """Begin to write all heartbeats, or what each day comes to, into a file."""
    require_self(who, user)
    return {"data": dumps.begin(who, body.type)}


@routes.on("GET", *of_user("/data_dumps"), scope=READ, access=Access.EDITOR, mode=Mode.AWAITED)
async def list_dumps(dumps: EditorDumps, who: Actor, caller: Caller, user: User) -> Json:
    """List the files, each that is ready with a link that works once."""
    require_self(who, user)
    return await dumps.all(who, address_of(caller))
