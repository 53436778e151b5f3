"""What beats tell of: themselves, projects, programs, computers, and who they are of."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.core.actors import Actor
from hourloom.core.clock import MINUTE, SECOND
from hourloom.core.errors import NotFound
from hourloom.wakatime.model.agents import agent_of
from hourloom.wakatime.model.beats import entity_in
from hourloom.wakatime.model.periods import BeatPeriod, day_named
from hourloom.wakatime.model.summing import Json
from hourloom.wakatime.service.time import EditorDay, EditorTime, StoredBeat
from hourloom.wakatime.service.words import id_of, instant_text, quoted, zone_name


class NoSuchEditorProject(NotFound):
    """There is no project '{name}'."""


class EditorThings:
    """Lists of what beats tell of, in WakaTime's shapes."""

    is_service = True

    def __init__(self, time: EditorTime) -> None:
        self._time = time

    def heartbeats(self, who: Actor, day: str, zone: str | None) -> Json:
        """Return the beats of a day."""
        who.require("tracking:read")
        way = self._time.way(who, zone)
        wanted = day_named(day, self._time.today(way))
        (found,) = self._time.days(who, BeatPeriod(wanted, wanted), way)
        beats = self._time.beats(who, found.start, found.end)
        return {
            "data": [shown_beat(who, beat) for beat in beats],
            "start": instant_text(found.start),
            "end": instant_text(found.end - SECOND),
            "timezone": zone_name(way, self._time.now()),
        }

    def projects(self, who: Actor, search: str = "") -> Json:
        """Return all projects, the one used last first."""
        who.require("tracking:read")
        seen: dict[str, tuple[int, int]] = {}
        for day in self._all_days(who):
            for name, (first, last) in day.projects.items():
                if name:
                    seen[name] = (seen.get(name, (first, last))[0], last)
        found = [
            {
                "id": id_of("project", name),
                "name": name,
                "color": None,
                "created_at": instant_text(first),
                "last_heartbeat_at": instant_text(last),
                "human_readable_last_heartbeat_at": f"{instant_text(last)[:10]}",
                "urlencoded_name": quoted(name),
                "url": f"/projects/{quoted(name)}",
                "has_public_url": False,
                "badge": None,
                "repository": None,
            }
            for name, (first, last) in sorted(seen.items(), key=lambda item: (-item[1][1], item[0]))
            if search.casefold() in name.casefold()
        ]
        return {"data": found, "total": len(found), "total_pages": 1, "page": 1}

    def project(self, who: Actor, wanted: str) -> Json:
        """Return one project by its id or its name."""
        for found in self.projects(who)["data"]:
            if wanted in (found["id"], found["name"]):
                return {"data": found}
        raise NoSuchEditorProject(name=wanted[:80])

    def user_agents(self, who: Actor) -> Json:
        """Return the programs that sent beats, by their ids."""
        who.require("tracking:read")
        last: dict[str, int] = {}
        for day in self._all_days(who):
            for words, at in day.agents.items():
                last[words] = max(at, last.get(words, 0))
        found = [
            {
                "id": id_of("agent", words),
                "value": words,
                "editor": agent.editor,
                "os": agent.operating_system,
                "version": None,
                "is_browser_extension": "chrome-wakatime" in words or "firefox-wakatime" in words,
                "is_desktop_app": False,
                "last_seen_at": instant_text(at),
                "created_at": None,
            }
            for words, at in sorted(last.items(), key=lambda item: -item[1])
            for agent in [agent_of(words)]
        ]
        return {"data": found, "total": len(found), "total_pages": 1, "page": 1}

    def machine_names(self, who: Actor) -> Json:
        """Return the computers that beats came from, by their ids."""
        who.require("tracking:read")
        last: dict[str, tuple[int, int]] = {}
        for view in self._time.own_buckets(who):
            if view.extent is not None:
                name, ended = view.bucket.hostname, view.extent.ended_at
                first, newest = last.get(name, (view.bucket.created_at, ended))
                last[name] = (min(first, view.bucket.created_at), max(newest, ended))
        found = [
            {
                "id": id_of("machine", name),
                "name": name,
                "value": name,
                "ip": None,
                "timezone": None,
                "created_at": instant_text(first),
                "last_seen_at": instant_text(newest),
            }
            for name, (first, newest) in sorted(last.items(), key=lambda item: -item[1][1])
        ]
        return {"data": found, "total": len(found), "total_pages": 1, "page": 1}

    def user(self, who: Actor) -> Json:
        """Return who asks; of a person this server keeps neither an address nor a picture."""
        who.require("tracking:read")
        way = self._time.way(who)
        newest = self._newest(who)
        data = {} if newest is None else newest.data
        return {
            "data": {
                "id": str(who.user_id),
                "username": None,
                "display_name": "Me",
                "full_name": None,
                "email": None,
                "is_email_public": False,
                "photo": None,
                "photo_public": False,
                "timezone": zone_name(way, self._time.now()),
                "timeout": way.timeout / MINUTE,
                "writes_only": False,
                "last_heartbeat_at": None if newest is None else instant_text(newest.at),
                "last_project": data.get("project"),
                "last_language": data.get("language"),
                "last_branch": data.get("branch"),
                "last_plugin": data.get("user_agent"),
                "last_plugin_name": data.get("app"),
                "has_premium_features": True,
                "is_onboarding_finished": True,
                "plan": "basic",
                "created_at": self._created(who),
                "modified_at": None,
            }
        }

    def _newest(self, who: Actor) -> StoredBeat | None:
        extent = self._time.extent(who)
        if extent is None:
            return None
        beats = self._time.beats(who, extent[1], extent[1] + 1)
        return beats[-1] if beats else None

    def _created(self, who: Actor) -> str | None:
        views = self._time.own_buckets(who)
        return instant_text(min(view.bucket.created_at for view in views)) if views else None

    def _all_days(self, who: Actor) -> Sequence[EditorDay]:
        way = self._time.way(who)
        today = self._time.today(way)
        return self._time.days(who, BeatPeriod(self._time.earliest(who, way, today), today), way)


def shown_beat(who: Actor, beat: StoredBeat) -> Json:
    """Return a beat as WakaTime gives it out."""
    data = beat.data
    words = data.get("user_agent")
    return {
        "id": str(beat.id),
        "entity": entity_in(data),
        "type": data.get("type", "file"),
        "category": data.get("category"),
        "time": beat.at / SECOND,
        "project": data.get("project"),
        "branch": data.get("branch"),
        "language": data.get("language"),
        "is_write": data.get("is_write"),
        "lines": data.get("lines"),
        "lineno": data.get("lineno"),
        "cursorpos": data.get("cursorpos"),
        "line_additions": data.get("line_additions"),
        "line_deletions": data.get("line_deletions"),
        "project_root_count": data.get("project_root_count"),
        "dependencies": list(data.get("dependencies", ())),
        "ai_model": data.get("ai_model"),
        "ai_session": data.get("ai_session"),
        "ai_input_tokens": data.get("ai_input_tokens"),
        "ai_output_tokens": data.get("ai_output_tokens"),
        "ai_prompt_length": data.get("ai_prompt_length"),
        "ai_line_changes": data.get("ai_line_changes"),
        "human_line_changes": data.get("human_line_changes"),
        "machine_name_id": id_of("machine", beat.machine),
        "user_agent_id": None if words is None else id_of("agent", words),
        "user_id": str(who.user_id),
        "created_at": instant_text(beat.at),
    }
