"""Health and figures: yes or no for strangers, parts for the user, figures that a strict parser reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hourloom.core.histogram import Histogram
from hourloom.testing import Client, ServerInMemory
from hourloom.web.exposition import Measure, exposition
from tests.polling import until

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
NAME = re.compile(r"[a-z_:][a-z0-9_:]*")
SAMPLE = re.compile(r"([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\+Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
UNITS = ("_total", "_seconds", "_bytes")
COUNTED = {
    "hourloom_queue_length", "hourloom_live_listeners", "hourloom_events", "hourloom_jobs",
    "hourloom_notices", "hourloom_writable", "hourloom_ballast_held", "hourloom_backup_stale",
    "process_threads", "process_open_fds", "process_max_fds",
}  # fmt: skip


class Family(NamedTuple):
    """The figures of one name."""

    kind: str
    samples: dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> dict[str, Family]:
    """Read an exposition, strictly: each family once, described, typed and whole."""
    assert text.endswith("\n")
    families: dict[str, Family] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, help_ = line.removeprefix("# HELP ").split(" ", 1)
            assert NAME.fullmatch(name)
            assert name not in families, f"{name} comes twice"
            assert help_.endswith(".")
        elif line.startswith("# TYPE "):
            typed, kind = line.removeprefix("# TYPE ").split(" ")
            assert typed == name
            assert kind in ("counter", "gauge", "histogram")
            families[name] = Family(kind, {})
        else:
            found = SAMPLE.fullmatch(line)
            assert found is not None, line
            labels = LABEL.findall(found[2] or "")
            assert "".join(f'{k}="{v}",' for k, v in labels) == (found[2] + "," if found[2] else ""), line
            family = families[name]
            allowed = (
                {name}
                if family.kind != "histogram"
                else {f"{name}{s}" for s in ("_bucket", "_sum", "_count")}
            )
            assert found[1] in allowed, line
            key = (found[1], frozenset(labels))
            assert key not in family.samples, f"{line} comes twice"
            family.samples[key] = float(found[3].replace("+Inf", "inf"))
    for name, family in families.items():
        assert family.samples, f"{name} has no samples"
        if family.kind == "histogram":
            check_histogram(name, family)
    return families


def check_histogram(name: str, family: Family) -> None:
    counts = {labels: value for (each, labels), value in family.samples.items() if each == f"{name}_count"}
    for labels, count in counts.items():
        buckets = sorted(
            (float(dict(each)["le"].replace("+Inf", "inf")), value)
            for (sample, each), value in family.samples.items()
            if sample == f"{name}_bucket" and each - {("le", dict(each)["le"])} == labels
        )
        assert buckets[-1] == (float("inf"), count)
        assert [value for _, value in buckets] == sorted(value for _, value in buckets)
        assert (f"{name}_sum", labels) in family.samples


def metrics(client: Client) -> dict[str, Family]:
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parsed(answer.body.decode())


def value(families: Mapping[str, Family], name: str, **labels: str) -> float:
    return families[name].samples[name, frozenset(labels.items())]


def test_figures_are_whole_typed_and_named_by_their_units(server: ServerInMemory) -> None:
    families = metrics(server.client)
    for name, family in families.items():
        assert name.startswith(("hourloom_", "process_", "python_"))
        assert name in COUNTED or name.endswith(UNITS), f"{name} tells no unit"
        assert (family.kind == "counter") == name.endswith("_total")


def test_the_process_tells_what_it_uses(server: ServerInMemory) -> None:
    families = metrics(server.client)
    assert value(families, "process_cpu_seconds_total") > 0
    assert value(families, "process_resident_memory_bytes") > 1_000_000
    assert value(families, "process_start_time_seconds") > 1_700_000_000
    assert 1 <= value(families, "process_threads") < 200
    assert 3 < value(families, "process_open_fds") < value(families, "process_max_fds")
    assert value(families, "python_gc_collections_total", generation="2") >= 0


def test_requests_are_counted_by_route_and_status_and_never_by_what_was_asked(server: ServerInMemory) -> None:
    client = server.client
    for path in ("/api/0/buckets/secret-one", "/api/0/buckets/secret-two", "/secret-three", "/api/0/info"):
        client.get(path)
    body = {"client": "c", "type": "t", "hostname": "h"}
    client.post("/api/0/buckets/secret-four", body)
    client.request("BREW", "/api/0/info")
    answer = client.get("/metrics").body.decode()
    assert "secret" not in answer
    assert "BREW" not in answer
    families = parsed(answer)

    def asked(method: str, route: str, status: int) -> float:
        labels = {"method": method, "route": route, "status": str(status)}
        return value(families, "hourloom_http_requests_total", **labels)

    assert asked("GET", "/api/0/buckets/{bucket}", 404) == 2
    assert asked("POST", "/api/0/buckets/{bucket}", 200) == 1
    assert asked("GET", "/api/0/info", 200) == 1
    assert asked("", "elsewhere", 404) == 1
    assert asked("", "elsewhere", 405) == 1
    seconds = families["hourloom_http_request_seconds"].samples
    labels = frozenset({("method", "GET"), ("route", "/api/0/buckets/{bucket}")})
    assert seconds["hourloom_http_request_seconds_count", labels] == 2
    assert seconds["hourloom_http_request_seconds_sum", labels] > 0


def test_what_is_stored_and_done_is_told_by_kind_not_by_name(server: ServerInMemory) -> None:
    for bucket, kind in (
        ("secret-a", "currentwindow"),
        ("secret-b", "currentwindow"),
        ("secret-c", "afkstatus"),
    ):
        server.client.post(f"/api/0/buckets/{bucket}", {"client": "c", "type": kind, "hostname": "h"})
        event = {"timestamp": "2026-03-02T08:00:00Z", "duration": 1, "data": {"title": "secret"}}
        server.client.post(f"/api/0/buckets/{bucket}/events", [event, event | {"duration": 2}])
    home, notices = server.owner.workspace_id, server.server.notices
    server.write(lambda: notices.raised(home, "watcher_silent", "secret-a", bucket="secret-a", minutes=60))
    answer = server.client.get("/metrics").body.decode()
    assert "secret" not in answer
    families = parsed(answer)
    assert value(families, "hourloom_events", type="currentwindow") == 4
    assert value(families, "hourloom_events", type="afkstatus") == 2
    assert value(families, "hourloom_notices", kind="watcher_silent") == 1
    assert value(families, "hourloom_jobs", state="waiting") > 3
    assert value(families, "hourloom_commits_total") > 5


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_writer_tells_how_long_writes_waited_and_the_log_its_size(server: ServerInMemory) -> None:
    # The figures are read one after the other, and the server's own jobs commit meanwhile.
    for families in (metrics(server.client) for _ in range(1000)):
        waits = families["hourloom_commit_wait_seconds"].samples
        commits = value(families, "hourloom_commits_total")
        if waits["hourloom_commit_wait_seconds_count", frozenset()] == commits > 0:
            break
    else:
        pytest.fail("the waits were counted otherwise than the commits")
    assert 0 < value(families, "hourloom_database_log_bytes") < value(families, "hourloom_database_bytes")


def test_every_figure_is_in_the_docs(server: ServerInMemory) -> None:
    home, notices = server.owner.workspace_id, server.server.notices
    server.write(lambda: notices.raised(home, "disk_low"))
    server.client.post("/api/0/buckets/b", {"client": "c", "type": "t", "hostname": "h"})
    event = {"timestamp": "2026-03-02T08:00:00Z", "duration": 1, "data": {}}
    server.client.post("/api/0/buckets/b/events", event)
    page = PAGE.read_text("utf-8")
    missing = [name for name in metrics(server.client) if f"| `{name}` |" not in page]
    assert missing == []


def test_labels_and_help_are_escaped_and_families_stand_together() -> None:
    waits = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        waits.add(seconds)
    text = exposition(
        [
            Measure("a_total", "counter", "One\nof \\ them.", 1, {"x": 'a"b\\c\nd'}),
            Measure("b_seconds", "histogram", "Waits.", waits),
            Measure("a_total", "counter", "One\nof \\ them.", 2.5, {"x": "e"}),
        ]
    )
    assert text.splitlines() == [
        r"# HELP a_total One\nof \\ them.",
        "# TYPE a_total counter",
        r'a_total{x="a\"b\\c\nd"} 1',
        'a_total{x="e"} 2.5',
        "# HELP b_seconds Waits.",
        "# TYPE b_seconds histogram",
        'b_seconds_bucket{le="0.1"} 2',
        'b_seconds_bucket{le="1"} 3',
        'b_seconds_bucket{le="+Inf"} 4',
        "b_seconds_sum 7.65",
        "b_seconds_count 4",
    ]
    assert set(parsed(text)) == {"a_total", "b_seconds"}


def test_strangers_learn_yes_or_no(server: ServerInMemory) -> None:
    answer = server.client.get("/health")
    assert (answer.status, answer.json()) == (200, {"ok": True})


def test_the_user_sees_every_part(server: ServerInMemory) -> None:
    client = server.client_with("server:read")
    # The server's own jobs write now and then; its queue is empty in between.
    found = until(lambda: client.get("/api/v1/health"), lambda each: each.json()["writer"]["queue"] == 0)
    assert found.status == 200
    report = found.json()
    assert (report["ok"], report["alive"], report["ready"]) == (True, True, True)
    assert re.fullmatch(r"\d{4}", report["schema"])
    assert report["writer"] == report["writer"] | {"moving": True, "queue": 0, "trouble": None}
    assert report["writer"]["last_commit_seconds"] >= 0
    assert report["disk"]["writable"] is True
    assert report["disk"]["database_bytes"] > 0
    assert report["clock"] == {"now": "2026-03-02T09:00:00Z", "jumped_at": None, "jumped_seconds": None}
    assert report["jobs"]["failing"] == 0
    assert report["notices"] == {}
    if server.database.dialect == "sqlite":
        assert report["backup"] == {"verified_at": None, "age_seconds": None}
    else:
        assert report["backup"] is None


def test_health_needs_a_scope(server: ServerInMemory) -> None:
    assert server.client_with("tracking:read").get("/api/v1/health").status == 403
    assert server.client.get("/api/v1/health").status == 401


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("trouble", ["the disk is full", None])
def test_a_server_that_cannot_write_is_not_ready(
    server: ServerInMemory, trouble: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = server.client_with("server:read")
    before = server.database.vitals()
    stuck = before._replace(trouble=trouble, moving=trouble is not None)
    monkeypatch.setattr(server.database, "vitals", lambda: stuck)
    answer = client.get("/api/v1/health")
    assert answer.status == 503
    report: dict[str, Any] = answer.json()
    assert (report["ok"], report["alive"], report["ready"]) == (False, True, False)
    assert report["writer"]["trouble"] == trouble
    assert report["disk"]["writable"] is (trouble is None)
    health = server.client.get("/health")
    assert (health.status, health.json()) == (503, {"ok": False})


def test_what_was_answered_wrongly_can_be_found_in_the_log(server: ServerInMemory) -> None:
    good = server.client.get("/api/0/info")
    assert "x-request-id" not in good.headers
    sent = {"x-request-id": "chosen-outside"}
    ids = [
        server.client.request(method, path, headers=sent).headers["x-request-id"]
        for method, path in (
            ("GET", "/api/0/buckets/none"), ("GET", "/none"), ("BREW", "/api/0/info"), ("GET", "/api/v1/jobs")
        )
    ]  # fmt: skip
    assert len(set(ids)) == 4
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]+", each) for each in ids)


def test_a_histogram_counts_at_its_bounds() -> None:
    found = Histogram((1.0, 2.0))
    assert (found.count, found.sum) == (0, 0.0)
    for value_ in (0.0, 1.0, 1.5, 2.0, 2.5):
        found.add(value_)
    assert list(found.up_to()) == [(1.0, 2), (2.0, 4), (float("inf"), 5)]
