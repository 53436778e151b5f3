"""Ask two servers that hold the same month the same questions, and tell where their answers first differ.

    python -m tests.soak.equality --ours "hourloom serve --testing --port {port} --data-dir {data_dir}" \
        --theirs "aw-server --testing --port {port}"

Not told are differences that are meant: ids of events, when a bucket was created, what ours says more of a
bucket, and a millisecond, for ActivityWatch cuts times to milliseconds and lets a period last one longer.
Not asked is chunk_events_by_key, which measures the gap from the wrong event there.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from benchmarks.connection import Address, Connection
from benchmarks.queries import ACTIVE_TIME, CATEGORY_TOTALS, DESKTOP, bucket, period
from benchmarks.scenarios import create
from benchmarks.year import TYPES, Event, Year, as_json
from tests.rigs.serving.server import Server, at_home

MONTH = replace(Year(), days=34, events=34 * 2740)
END = datetime(2026, 1, 1, tzinfo=UTC)
TOLERANCE = 0.001001
"""Seconds: a millisecond, and what adding decimals loses."""
OF_OUR_OWN = {"created", "metadata", "last_updated", "name"}
"""What a bucket may say otherwise."""

SUMS = f"""\
events = flood(query_bucket("{bucket("aw-watcher-window")}"));
RETURN = {{"seconds": sum_durations(events), "found": find_bucket("aw-watcher-afk")}};
"""
TAGGED = """\
events = query_bucket(find_bucket("aw-watcher-web"));
events = split_url_events(events);
events = tag(events, [["code", {"regex": "github|python"}], ["video", {"regex": "youtube"}]]);
events = simplify_window_titles(events, "title");
RETURN = limit_events(events, 300);
"""
COMBINED = f"""\
windows = query_bucket("{bucket("aw-watcher-window")}");
afk = query_bucket("{bucket("aw-watcher-afk")}");
afk = filter_keyvals(afk, "status", ["afk"]);
away = filter_period_intersect(windows, afk);
rest = exclude_keyvals(windows, "app", ["Code", "Alacritty"]);
rest = filter_keyvals_regex(rest, "title", "(?i)re:|weekly");
away = sort_by_timestamp(away);
rest = sort_by_timestamp(rest);
both = union_no_overlap(away, rest);
RETURN = {{"both": both, "merged": merge_events_by_keys(both, ["app"])}};
"""


@dataclass(frozen=True)
class Question:
    """A request that is put to both servers."""

    name: str
    method: str
    path: str
    body: bytes = b""


def questions() -> Iterator[Question]:
    """Yield all that is asked."""
    yield Question("buckets", "GET", "/api/0/buckets/")
    yield Question("export", "GET", "/api/0/export")
    for prefix in TYPES:
        yield from about_bucket(f"/api/0/buckets/{bucket(prefix)}", prefix)
    for back in range(1, 9):
        yield asked("day", DESKTOP, [period(END, 3 * back, 1)])
    hour = END - timedelta(days=12, hours=9)
    yield asked("hour", CATEGORY_TOTALS, [f"{hour.isoformat()}/{(hour + timedelta(hours=1)).isoformat()}"])
    yield asked("active time", ACTIVE_TIME, [period(END, back, 1) for back in range(1, 31)])
    yield asked("month", DESKTOP, [period(END, 1, 30)])
    yield asked("month of categories", CATEGORY_TOTALS, [period(END, 2, 30)])
    for name, query in (("sums", SUMS), ("tags", TAGGED), ("combined", COMBINED)):
        yield asked(name, query, [period(END, back, 1) for back in (4, 9, 16)])


def about_bucket(path: str, name: str) -> Iterator[Question]:
    """Yield the questions about one bucket."""
    yield Question(f"{name}: the bucket", "GET", path)
    yield Question(f"{name}: all events", "GET", f"{path}/events")
    yield Question(f"{name}: latest", "GET", f"{path}/events?limit=100")
    yield Question(f"{name}: none", "GET", f"{path}/events?limit=0")
    yield Question(f"{name}: count", "GET", f"{path}/events/count")
    yield Question(f"{name}: export", "GET", f"{path}/export")
    for back in (3, 10, 20):
        start, end = (quote(text) for text in period(END, back, 1).split("/"))
        yield Question(f"{name}: a day", "GET", f"{path}/events?start={start}&end={end}")
        yield Question(f"{name}: 30 of a day", "GET", f"{path}/events?start={start}&end={end}&limit=30")
        yield Question(f"{name}: count of a day", "GET", f"{path}/events/count?start={start}&end={end}")


def asked(name: str, query: str, periods: list[str]) -> Question:
    """Return the question that a query is."""
    content = {"query": query.splitlines(), "timeperiods": periods}
    return Question(f"query: {name}", "POST", "/api/0/query/", json.dumps(content).encode())


def differences(ours: Connection, theirs: Connection) -> Iterator[str]:
    """Put all questions to both, and yield for each that they answer differently where it begins."""
    for question in questions():
        answers = [it.ask(question.method, question.path, question.body) for it in (ours, theirs)]
        if answers[0].status != answers[1].status:
            statuses = f"{answers[0].status} and {answers[1].status}"
            yield f"{question.name}: status {statuses}: {answers[0].body[:200]!r}"
        elif found := first_difference(json.loads(answers[0].body), json.loads(answers[1].body)):
            yield f"{question.name} ({question.path}): {found}"


def first_difference(ours: object, theirs: object, where: str = "") -> str | None:
    """Name the first element in which two answers differ, or return None."""
    match ours, theirs:
        case dict(), dict():
            a, b = comparable(ours), comparable(theirs)
            if a.keys() != b.keys():
                return f"{where} has {sorted(a)} and {sorted(b)}"
            return next(filter(None, (first_difference(a[key], b[key], f"{where}.{key}") for key in b)), None)
        case list(), list():
            pairs = enumerate(zip(ours, theirs, strict=False))
            found = next(filter(None, (first_difference(a, b, f"{where}[{n}]") for n, (a, b) in pairs)), None)
            return found or (
                None if len(ours) == len(theirs) else f"{where}: {len(ours)} and {len(theirs)} elements"
            )
        case _:
            return None if alike(ours, theirs) else f"{where}: {ours!r} and {theirs!r}"


def comparable(answer: dict[str, object]) -> dict[str, object]:
    """Leave out what may differ: the ids of events, and some of what is said of a bucket."""
    if "timestamp" in answer and "duration" in answer:
        return {key: value for key, value in answer.items() if key != "id"}
    if "client" in answer and "hostname" in answer:
        return {key: value for key, value in answer.items() if key not in OF_OUR_OWN}
    return answer


def alike(ours: object, theirs: object) -> bool:
    """Compare two plain values, numbers and times within the tolerance."""
    if ours == theirs:
        return type(ours) is type(theirs) or {type(ours), type(theirs)} == {int, float}
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return abs(ours - theirs) <= TOLERANCE
    if isinstance(ours, str) and isinstance(theirs, str):
        times = instant(ours), instant(theirs)
        return times[0] is not None and times[1] is not None and abs(times[0] - times[1]) <= TOLERANCE
    return False


def instant(text: str) -> float | None:
    """Return the seconds of a time, or None if the text is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def load(port: int) -> Connection:
    """Fill a server with the month."""
    for prefix, kind in TYPES.items():
        create(Connection(Address(port)), bucket(prefix), kind)
    connection = Connection(Address(port))
    for day, found in MONTH.generate():
        for prefix, events in found.items():
            content = [as_json(day, at_even_times(event)) for event in events]
            connection.post(f"/api/0/buckets/{bucket(prefix)}/events", content)
    return connection


def at_even_times(event: Event) -> Event:
    """Move an event to even milliseconds, so that the middle of each gap, where `flood` cuts, is a whole one.

    Elsewhere ActivityWatch cuts off half a millisecond here and there, which adds up over a day.
    """
    start, end = event.start // 2 * 2, (event.start + event.length) // 2 * 2
    return Event(start, end - start, event.payload)


@contextmanager
def running(command: str, folder: Path) -> Iterator[Server]:
    """Run a server with all its files in a folder."""
    (folder / "data").mkdir(parents=True)
    server = Server(command, folder / "data", folder / "output", at_home(folder))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def compare(ours: str, theirs: str, folder: Path) -> list[str]:
    """Start both servers, fill them and return how their answers differ."""
    with (
        running(ours, folder / "ours") as one,
        running(theirs, folder / "theirs") as other,
        closing(load(one.port)) as asking_one,
        closing(load(other.port)) as asking_other,
    ):
        return list(differences(asking_one, asking_other))


def main() -> int:
    """Compare from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ours", required=True)
    parser.add_argument("--theirs", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="equality-") as folder:
        found = compare(options.ours, options.theirs, Path(folder))
    print("\n".join([*found, f"{sum(1 for _ in questions())} questions, {len(found)} answered differently"]))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
