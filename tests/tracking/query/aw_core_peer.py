"""Answer queries as aw-core does: run by a Python that has it, one case of JSON on each line."""
# mypy: disable-error-code="import-not-found, no-untyped-call"

import json
import logging
import sys
from datetime import datetime, timedelta

from aw_core import Event
from aw_datastore import Datastore
from aw_datastore.storages import MemoryStorage
from aw_query import query

HOSTNAME = "host"


def shown(value: object) -> object:
    """Return what the server's encoder makes of the values that JSON does not know."""
    return value.isoformat() if isinstance(value, datetime) else value.total_seconds()  # type: ignore[attr-defined]


def filled(buckets: dict[str, list[dict[str, object]]]) -> Datastore:
    """Return a store with some buckets."""
    store = Datastore(MemoryStorage, testing=True)
    for name, events in buckets.items():
        store.create_bucket(
            name, "type", "client", HOSTNAME, created=datetime.fromisoformat("2024-01-01T00:00:00+00:00")
        )
        store[name].insert([Event(**{**event, "id": None}) for event in events])
    return store


def answered(text: str, period: str, store: Datastore) -> object:
    """Return the result of a query, or the name of the exception that it ends in."""
    start, end = map(datetime.fromisoformat, period.split("/"))
    try:
        return query("a name", text, start, end - timedelta(milliseconds=1), store)
    except Exception as error:  # noqa: BLE001  # whatever it is, the test compares its name
        return type(error).__name__


if __name__ == "__main__":
    logging.disable()
    for line in sys.stdin:
        case = json.loads(line)
        store = filled(case["buckets"])
        answers = [answered(text, case["period"], store) for text in case["queries"]]
        print(json.dumps(answers, default=shown), flush=True)
