"""What is in the menu, what a choice does, and what the icons look like."""

from __future__ import annotations

import pytest

from hourloom.core.clock import HOUR, MINUTE, Instant, parse_instant
from hourloom.device.tray import Acting, Choice, Look, TrayState
from hourloom.device.tray.acting import tomorrow
from hourloom.device.tray.icons import pixels_of
from hourloom.device.tray.menu import LONGEST, headline_of, menu_of
from hourloom.testing import FixedClock


class Pausing:
    def __init__(self) -> None:
        self.told: list[object] = []

    def pause(self, until: Instant | None) -> None:
        self.told.append(until)

    def resume(self) -> None:
        self.told.append("resume")


def test_what_is_chosen_is_done(clock: FixedClock) -> None:
    pausing, done = Pausing(), list[str]()
    act = Acting(pausing, clock, lambda: done.append("open"), lambda: done.append("quit"), zone="UTC")
    for choice in Choice:
        act(choice)
    now = clock.now()
    assert pausing.told == [now + 15 * MINUTE, now + HOUR, tomorrow(now, "UTC"), "resume"]
    assert done == ["open", "quit"]


@pytest.mark.parametrize(
    ("now", "zone", "starts_at", "then"),
    [
        ("2026-03-02T09:00Z", "UTC", 240, "2026-03-03T04:00Z"),
        ("2026-03-02T02:00Z", "UTC", 240, "2026-03-02T04:00Z"),
        ("2026-03-02T04:00Z", "UTC", 240, "2026-03-03T04:00Z"),
        ("2026-03-02T23:30Z", "Europe/Berlin", 0, "2026-03-03T23:00Z"),
        ("2026-03-28T12:00Z", "Europe/Berlin", 240, "2026-03-29T02:00Z"),
        ("2026-03-02T09:00Z", "Pacific/Auckland", 240, "2026-03-02T15:00Z"),
    ],
)
def test_tomorrow_is_when_the_day_of_the_user_ends(now: str, zone: str, starts_at: int, then: str) -> None:
    assert tomorrow(parse_instant(now), zone, starts_at) == parse_instant(then)


@pytest.mark.parametrize("look", list(Look))
def test_resuming_is_offered_only_while_paused(look: Look) -> None:
    offered = [item.choice for item in menu_of(TrayState(look)) if item.is_visible and item.choice]
    assert (Choice.RESUME in offered) == (look is Look.PAUSED)
    assert len({item.id for item in menu_of(TrayState(look))}) == len(menu_of(TrayState(look)))


def test_the_headline_is_one_line_of_bounded_length() -> None:
    assert headline_of(TrayState(sentence="a\nb\x1b[31m")) == "a b [31m"
    assert len(headline_of(TrayState(sentence="x" * 10_000))) == LONGEST


def test_the_icons_differ_by_their_form_too() -> None:
    drawn = {look: pixels_of(look, 22)[::4] for look in Look}
    assert len(set(drawn.values())) == len(Look)
    assert all(
        len(alphas) == 22 * 22 and max(alphas) == 255 and min(alphas) == 0 for alphas in drawn.values()
    )
