"""What is left of events that are gone comes to the same time."""

from __future__ import annotations

import itertools

from hourloom.activities.lane import Facts
from hourloom.activities.lane.totals import QUARTER, DeviceTotals, laid_totals, spans_of_input
from hourloom.core.clock import MINUTE

HERE, GONE, CODE, CHAT, CALL = 1, 2, 3, 4, 5
KNOWN = {
    HERE: Facts(status="not-afk"),
    GONE: Facts(status="afk"),
    CODE: Facts(app="code"),
    CHAT: Facts(app="chat"),
    CALL: Facts(app="zoom", call=True),
}
START = 10 * QUARTER


def device(
    windows: dict[int, float], presence: dict[int, float], known_from: int | None = 0, present: float = 0
) -> DeviceTotals:
    """Return totals of one quarter, in minutes."""
    return DeviceTotals(
        [(START, payload, round(m * MINUTE)) for payload, m in windows.items()],
        [(START, payload, round(m * MINUTE)) for payload, m in presence.items()],
        [(START, START + round(present * MINUTE))] if present else [],
        known_from,
    )


def laid(*devices: DeviceTotals, calls: bool = True) -> tuple[dict[int, float], float]:
    """Return minutes by payload, which never lie over one another, and how long nobody was there."""
    found, away = laid_totals(dict(enumerate(devices)), KNOWN, calls_are_present=calls)
    runs = sorted(each for of_device in found.values() for each in of_device)
    spans = sorted([*(run[:2] for run in runs), *away])
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
    assert all(START <= start < end <= START + QUARTER for start, end in spans)
    lasted: dict[int, float] = {}
    for start, end, payload in runs:
        lasted[payload] = lasted.get(payload, 0) + (end - start) / MINUTE
    return lasted, sum(end - start for start, end in away) / MINUTE


def test_devices_in_turn_do_not_hide_each_other() -> None:
    one, other = device({CODE: 7.5}, {HERE: 7.5}), device({CHAT: 7.5}, {HERE: 7.5})

    assert laid(one, other) == ({CODE: 7.5, CHAT: 7.5}, 0)
    assert sum(laid(device({CODE: 12}, {HERE: 15}), device({CHAT: 12}, {HERE: 15}))[0].values()) == 15


def test_nothing_is_invented_where_a_watcher_was_silent() -> None:
    assert laid(device({CODE: 15}, {}, known_from=0)) == ({}, 0)
    assert laid(device({CODE: 15}, {}, known_from=None)) == ({CODE: 15}, 0)
    assert laid(device({CODE: 15}, {}, known_from=START + 5 * MINUTE)) == ({CODE: 5}, 0)


def test_presence_that_is_still_there_as_events_counts() -> None:
    assert laid(device({CODE: 6, CHAT: 6}, {HERE: 2}, present=8)) == ({CODE: 5, CHAT: 5}, 0)
    events = [(START, START + MINUTE, HERE), (START + MINUTE, START + 2 * MINUTE, GONE), (0, MINUTE, HERE)]
    assert spans_of_input(events, KNOWN, START, START + QUARTER) == [(START, START + MINUTE)]


def test_a_call_needs_no_input() -> None:
    totals = device({CALL: 15}, {HERE: 3, GONE: 12})

    assert laid(totals) == ({CALL: 15}, 0)
    assert laid(totals, calls=False) == ({CALL: 3}, 12)
    assert laid(device({CALL: 5, CODE: 10}, {HERE: 10, GONE: 5})) == ({CALL: 5, CODE: 10}, 0)
