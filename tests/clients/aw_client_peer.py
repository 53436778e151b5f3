"""What a user of aw-client does, run by a Python that has it: prints as JSON what it saw."""
# mypy: disable-error-code="import-not-found"

import json
import sys
import time
from datetime import datetime, timedelta, timezone

from aw_client import ActivityWatchClient
from aw_core.models import Event

NINE = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)  # noqa: UP017 - as its users write it
BUCKET = "aw-peer_desk"


def at(second: float, duration: float = 0, app: str = "Code") -> Event:
    return Event(
        timestamp=NINE + timedelta(seconds=second), duration=timedelta(seconds=duration), data={"app": app}
    )


def spans(events: list[Event]) -> list[tuple[float, float, str]]:
    return [((e.timestamp - NINE).total_seconds(), e.duration.total_seconds(), e.data["app"]) for e in events]


def main(port: int) -> dict[str, object]:
    client = ActivityWatchClient("aw-peer", testing=True, host="127.0.0.1", port=port)
    saw: dict[str, object] = {"testing": client.get_info()["testing"]}
    client.create_bucket(BUCKET, "currentwindow")
    client.create_bucket(BUCKET, "currentwindow")
    saw["bucket"] = client.get_buckets()[BUCKET]["type"]

    first = client.heartbeat(BUCKET, at(0), pulsetime=5)
    client.heartbeat(BUCKET, at(3), pulsetime=5)
    saw["heartbeats"] = spans(client.get_events(BUCKET))

    client.insert_event(BUCKET, at(20, 2, "Mail"))
    client.insert_events(BUCKET, [at(30, 1, "a"), at(40, 1, "b")])
    saw["events"] = spans(client.get_events(BUCKET, limit=2))
    saw["within"] = spans(
        client.get_events(BUCKET, start=NINE + timedelta(seconds=21), end=NINE + timedelta(seconds=35))
    )
    saw["count"] = client.get_eventcount(BUCKET)
    saw["count within"] = client.get_eventcount(BUCKET, start=NINE + timedelta(seconds=25))
    saw["is event"] = isinstance(first, Event) or first is None

    newest = client.get_events(BUCKET, limit=1)[0]
    saw["one"] = spans([client.get_event(BUCKET, newest.id)])
    client.delete_event(BUCKET, newest.id)
    saw["after deletion"] = client.get_eventcount(BUCKET)

    query = f"e = query_bucket('{BUCKET}'); RETURN = merge_events_by_keys(e, ['app']);"
    merged = client.query(query, [(NINE, NINE + timedelta(days=1))], name="peer", cache=True)[0]
    saw["query"] = sorted((event["data"]["app"], event["duration"]) for event in merged)

    exported = client.export_bucket(BUCKET)
    client.delete_bucket(BUCKET, force=True)
    saw["deleted"] = BUCKET not in client.get_buckets()
    client.import_bucket({**exported["buckets"][BUCKET], "id": BUCKET})
    saw["imported"] = client.get_eventcount(BUCKET)
    saw["exported"] = sorted(client.export_all()["buckets"])

    client.set_setting("classes", [{"name": ["Work"]}])
    saw["setting"] = client.get_setting("classes")
    saw["settings"] = client.get_setting()

    client.create_bucket("aw-peer-queued_desk", "currentwindow", queued=True)
    with client:
        for second in range(0, 60, 2):
            client.heartbeat(
                "aw-peer-queued_desk",
                at(second, app=f"{second // 20}"),
                pulsetime=5,
                queued=True,
                commit_interval=4,
            )
        client.heartbeat("aw-peer-queued_desk", at(100, app="end"), pulsetime=5, queued=True)
        client.heartbeat("aw-peer-queued_desk", at(101, app="more"), pulsetime=5, queued=True)
        saw["queued"] = queued_spans(client)
    return saw


def queued_spans(client: ActivityWatchClient) -> list[tuple[float, float, str]]:
    """Wait until the queue is empty."""
    for _ in range(200):
        time.sleep(0.1)
        if "aw-peer-queued_desk" in client.get_buckets():
            found = spans(client.get_events("aw-peer-queued_desk"))
            if found and found[0][2] == "end":
                return found
    return []


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
