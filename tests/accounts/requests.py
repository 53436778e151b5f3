"""Valid requests to every route that takes a body, so that only trust can refuse them."""

from __future__ import annotations

from collections.abc import Mapping

from hourloom.web.routes import PATH_PARAMETER, Route

THEN = "2026-03-02T08:00:00Z"
EVENT = {"timestamp": THEN, "duration": 60, "data": {"app": "editor"}}
AW_BUCKET = {"type": "currentwindow", "client": "test", "hostname": "here"}
BEAT = {"entity": "app.py", "time": 1772438400}
BUCKET = AW_BUCKET | {"name": "mine"}
HEALTH: dict[str, object] = {"device": "here", "version": "1", "pid": 1, "started_at": THEN, "at": THEN}
HEALTH |= {"paused_until": None, "watchers": [], "queue": None, "clock": []}
RETURN = {"away_from": "2026-03-02T07:00:00Z", "back_at": THEN, "why": "idle"}
PERIOD = "2026-03-02T00:00:00Z/2026-03-03T00:00:00Z"


def body_of(route: Route, ids: Mapping[str, object]) -> object:
    """Return a valid body; `ids` are the things it speaks of."""
    bodies: dict[str, object] = {
        "send_heartbeat": EVENT,
        "create_aw_bucket": AW_BUCKET,
        "change_aw_bucket": AW_BUCKET,
        "add_aw_events": [EVENT | {"id": ids["event"]}],
        "query": {"query": [f'RETURN = query_bucket("{ids["bucket"]}");'], "timeperiods": [PERIOD]},
        "set_aw_setting": "value",
        "import_export": {"buckets": {}},
        "send_heartbeats": {
            "bucket": ids["bucket"],
            "pulsetime": 10,
            "heartbeats": [{"timestamp": THEN, "data": {"app": "editor"}}],
        },
        "create_bucket": BUCKET | {"name": ids["bucket"]},
        "add_events": [{"started_at": THEN, "data": {"app": "editor"}}],
        "edit_event": {"data": {"app": "changed"}},
        "delete_events": {"ids": [ids["event"]]},
        "split_event": {"at": "2026-03-02T08:00:30Z"},
        "ask": {"query": [f'RETURN = query_bucket("{ids["bucket"]}");'], "periods": [PERIOD]},
        "begin_import": {"source": "elsewhere"},
        "import_source": {"place": "/nowhere"},
        "import_bucket": AW_BUCKET | {"name": ids["bucket"]},
        "import_events": {"bucket": ids["bucket"], "events": [[1_000_000, 2_000_000, {"app": "editor"}]]},
        "create_token": {"name": "new", "scopes": ["tracking:read"]},
        "sign_in": {"code": "nothing"},
        "create_pairing_code": {"name": "extension"},
        "pair": {"code": "NOTHING2", "bucket": "mine"},
        "change_setting": {"value": "UTC"},
        "preview_erasure": {"app": "nothing"},
        "delete_matching": {"app": "nothing"},
        "delete_everything": {},
        "run_retention": {},
        "step_up": {"code": "nothing"},
        "add_wrap": {"method": "key_file"},
        "rotate_wrap": {},
        "rotate_data_key": {},
        "send_editor_heartbeats": [BEAT],
        "send_editor_heartbeats_here": [BEAT],
        "send_external_durations": [],
        "report_health": HEALTH,
        "announce_return": RETURN,
        **_of_what_is_understood(ids),
    }
    return bodies.get(route.name)


def _of_what_is_understood(ids: Mapping[str, object]) -> dict[str, object]:
    """Return bodies about categories, rules, projects, tags, reports, goals and exports."""
    category, project, tag, rule = (ids.get(what, 1) for what in ("category", "project", "tag", "rule"))
    outcome = {"category_id": category, "project_id": project, "tag_ids": [tag]}
    a_rule = {"conditions": [{"field": "title", "form": "words", "text": "x"}], "outcome": outcome}
    report = {"name": "new", "definition": {"where": {"category": str(category), "tag": str(tag)}}}
    where = {"categories": [category], "projects": [project], "tags": [tag]}
    goal = {"name": "new", "target": 3600, "where": where}
    return {
        "create_project": {"name": "new"},
        "edit_project": {"name": "changed"},
        "create_tag": {"name": "new"},
        "rename_tag": {"name": "changed"},
        "merge_tag": {"into": 999},
        "add_category": {"name": "new", "parent_id": category},
        "change_category": {"name": "changed", "parent_id": category},
        "add_rule": a_rule,
        "order_rules": {"ids": [rule]},
        "change_rule": a_rule,
        "move_rule": {"position": 0},
        "test_rules": {"window_id": ids.get("payload", 1)},
        "preview_rules": {"remove_category": category, "uncategorise": True},
        "correct": {"payload_id": ids.get("payload", 1), "outcome": {"category_id": category}},
        "save_report": report,
        "edit_saved_report": report,
        "add_goal": goal,
        "change_goal": goal,
        "take_days_off": {
            "first_day": "2026-04-06",
            "last_day": "2026-04-06",
            "goals": [ids.get("goal", 1)],
        },
        "end_goal": {"ends_on": "2026-03-31"},
        "create_export": {"kind": "report", "to": "download"},
    }


def target_of(route: Route, ids: Mapping[str, object]) -> str:
    """Return an address of a route with ids filled in."""
    path = PATH_PARAMETER.sub(lambda found: str(ids.get(found[1], "nothing")), route.path)
    return path + (
        "?pulsetime=10" if route.name == "send_heartbeat" else "?force=1" * (route.method == "DELETE")
    )
