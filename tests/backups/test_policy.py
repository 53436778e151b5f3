"""Which backups are kept, when the next one is due, and when they are too old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hourloom.backups.model import (
    Backup,
    BackupMemory,
    BackupPolicy,
    is_due,
    is_name,
    is_of,
    is_stale,
    made_while,
    name_of,
    to_drop,
)
from hourloom.core.clock import DAY, HOUR, Instant, parse_instant
from hourloom.core.days import zone_of
from tests.backups.builders import a_backup

BERLIN = ZoneInfo("Europe/Berlin")
POLICY = BackupPolicy(daily=7, weekly=4, monthly=12)
NOW = parse_instant("2026-11-21T08:00:00Z")

zones = st.sampled_from(["UTC", "Europe/Berlin", "America/Santiago", "Pacific/Apia", "Asia/Kathmandu"]).map(
    ZoneInfo
)
policies = st.builds(BackupPolicy, st.integers(1, 10), st.integers(0, 6), st.integers(0, 14))
moments = st.integers(NOW - 800 * DAY, NOW + 3 * DAY).map(Instant)


@st.composite
def some_backups(draw: st.DrawFn) -> list[Backup]:
    made = draw(st.lists(st.tuples(moments, st.booleans()), max_size=40))
    return [a_backup(f"b{number}", at, verified=verified) for number, (at, verified) in enumerate(made)]


def names(backups: Sequence[Backup]) -> list[str]:
    return [backup.name for backup in backups]


def without(backups: Sequence[Backup], dropped: Sequence[Backup]) -> list[Backup]:
    gone = set(names(dropped))
    return [backup for backup in backups if backup.name not in gone]


def daily(days: int, hour: int = 4) -> list[Backup]:
    last = datetime(2026, 11, 21, hour, tzinfo=BERLIN)
    return [
        a_backup(f"d{back:03}", int((last - timedelta(days=back)).timestamp()) * 1_000_000)
        for back in range(days)
    ]


def test_a_year_of_daily_backups_keeps_days_weeks_and_months() -> None:
    kept = without(daily(400), to_drop(daily(400), NOW, BERLIN, POLICY))
    days = [datetime.fromtimestamp(b.made_at / 1e6, BERLIN).date().isoformat() for b in kept]
    assert days == [
        *(f"2026-11-{day}" for day in (21, 20, 19, 18, 17, 16, 15)),
        "2026-11-08",
        "2026-11-01",
        "2026-10-31",
        *("2026-09-30", "2026-08-31", "2026-07-31", "2026-06-30", "2026-05-31", "2026-04-30"),
        *("2026-03-31", "2026-02-28", "2026-01-31", "2025-12-31"),
    ]


def test_everything_younger_than_a_day_stays() -> None:
    many = [a_backup(f"h{hours}", NOW - hours * HOUR) for hours in range(24)]
    assert to_drop(many, NOW, BERLIN, BackupPolicy(1, 0, 0)) == []


def test_two_of_one_day_leave_the_newer_once_they_are_old() -> None:
    made = parse_instant("2026-11-10T10:00:00Z")
    both = [a_backup("early", made), a_backup("late", made + HOUR)]
    assert names(to_drop(both, NOW, BERLIN, POLICY)) == ["early"]


def test_where_nothing_is_verified_nothing_is_dropped() -> None:
    old = [a_backup(f"u{n}", NOW - n * 40 * DAY, verified=False) for n in range(30)]
    assert to_drop(old, NOW, BERLIN, POLICY) == []


def test_what_was_never_verified_stands_for_no_day() -> None:
    made = parse_instant("2026-11-10T10:00:00Z")
    both = [a_backup("good", made), a_backup("bad", made + HOUR, verified=False)]
    assert names(to_drop(both, NOW, BERLIN, POLICY)) == ["bad"]


@given(some_backups(), zones, policies)
def test_the_newest_verified_one_is_never_dropped(
    backups: list[Backup], zone: ZoneInfo, policy: BackupPolicy
) -> None:
    verified = [backup for backup in backups if backup.verified]
    dropped = names(to_drop(backups, NOW, zone, policy))
    if verified:
        newest = max(verified, key=lambda backup: (backup.made_at, backup.name))
        assert newest.name not in dropped
    else:
        assert dropped == []


@given(some_backups(), zones, policies)
def test_what_was_dropped_leaves_nothing_more_to_drop(
    backups: list[Backup], zone: ZoneInfo, policy: BackupPolicy
) -> None:
    left = without(backups, to_drop(backups, NOW, zone, policy))
    assert to_drop(left, NOW, zone, policy) == []


@given(some_backups(), zones, policies, st.integers(0, 900))
def test_what_is_dropped_now_would_be_dropped_later_too(
    backups: list[Backup], zone: ZoneInfo, policy: BackupPolicy, days: int
) -> None:
    now, later = (
        to_drop(backups, NOW, zone, policy),
        to_drop(backups, Instant(NOW + days * DAY), zone, policy),
    )
    assert set(names(now)) <= set(names(later))


@given(some_backups(), zones, policies, policies)
def test_a_larger_policy_drops_no_more(
    backups: list[Backup], zone: ZoneInfo, one: BackupPolicy, more: BackupPolicy
) -> None:
    larger = BackupPolicy(
        max(one.daily, more.daily), max(one.weekly, more.weekly), max(one.monthly, more.monthly)
    )
    assert set(names(to_drop(backups, NOW, zone, larger))) <= set(names(to_drop(backups, NOW, zone, one)))


@given(some_backups(), zones, policies)
def test_as_many_days_as_wanted_keep_one(backups: list[Backup], zone: ZoneInfo, policy: BackupPolicy) -> None:
    kept = without(backups, to_drop(backups, NOW, zone, policy))

    def days(some: Sequence[Backup]) -> set[str]:
        return {datetime.fromtimestamp(b.made_at / 1e6, zone).date().isoformat() for b in some if b.verified}

    assert len(days(kept)) >= min(policy.daily, len(days(backups)))


def test_a_daily_backup_is_due_after_its_hour_and_then_the_next_day() -> None:
    made = parse_instant("2026-11-20T03:05:00Z")
    assert not is_due(made, parse_instant("2026-11-21T02:59:59Z"), BERLIN, 4)
    assert is_due(made, parse_instant("2026-11-21T03:00:00Z"), BERLIN, 4)
    assert is_due(None, NOW, BERLIN, 4)


def test_a_backup_of_the_future_keeps_the_next_one_not_away() -> None:
    assert is_due(Instant(NOW + 30 * DAY), NOW, BERLIN, 4)


@given(moments, zones, st.integers(0, 23))
def test_right_after_a_backup_none_is_due_and_a_day_and_an_hour_later_one_is(
    now: Instant, zone: ZoneInfo, hour: int
) -> None:
    assert not is_due(now, now, zone, hour)
    assert is_due(now, Instant(now + 25 * HOUR + HOUR), zone, hour)


def test_the_zone_of_this_computer_is_one_like_others() -> None:
    zone = zone_of("system")
    moment = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert moment.astimezone(zone).replace(tzinfo=None) == moment.astimezone().replace(tzinfo=None)
    assert moment.astimezone(zone).utcoffset() == moment.astimezone().utcoffset()
    assert is_due(None, NOW, zone, 4)


def test_backups_are_stale_after_two_periods_without_one() -> None:
    memory = BackupMemory(watching_since=NOW, made_at=Instant(NOW + DAY))
    assert not is_stale(memory, Instant(NOW + 3 * DAY))
    assert is_stale(memory, Instant(NOW + 3 * DAY + 1))
    assert is_stale(BackupMemory(watching_since=NOW), Instant(NOW + 3 * DAY))
    assert not is_stale(BackupMemory(watching_since=NOW), Instant(NOW + DAY))


def test_a_name_tells_when_and_of_which_database_and_nothing_else() -> None:
    name = name_of("5e0c2a91" + "0" * 24, NOW, b"\x8d\x1f\x0c")
    assert name == "hourloom-5e0c2a91-20261121T080000Z-8d1f0c.backup"
    assert is_name(name)
    assert is_of(name, "5e0c2a91" + "f" * 24)
    assert not is_of(name, "5e0c2a92" + "0" * 24)
    assert not is_name(f"../{name}")


def test_what_was_purged_is_still_in_the_backups_made_while_it_was_there() -> None:
    backups = [a_backup(str(n), n * DAY) for n in range(6)]
    assert names(made_while(backups, Instant(2 * DAY), Instant(4 * DAY))) == ["2", "3"]
