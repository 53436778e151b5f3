"""Which goals cannot be met together, whatever is done: found before one of them is kept.

Only what is certain counts. Of two goals in opposite directions the one asks for more than the other allows,
where all that the first counts counts for the second too; or minimums of what excludes one another ask for
more than a day has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from hourloom.core.clock import HOUR, SECOND
from hourloom.goals.model.goal import SECONDS_A_DAY, Goal, GoalFilter, GoalsContradict, GoalTerms

Below = Callable[[int], frozenset[int]]
"""From a category to itself and those below it."""

WEEKS_OF_A_MONTH = 3
"""So many whole weeks every month has."""
MOST_WEEKS_OF_A_MONTH = 6
"""So many weeks a month can meet."""
TIMES_IN_A_MONTH = 4
"""So often each day of the week comes in every month; up to three of them come once more."""


def require_possible(terms: GoalTerms, others: Iterable[Goal], below: Below) -> None:
    """Raise where a goal cannot be met together with some of the others."""
    others = list(others)
    for other in others:
        reason = contradiction(terms, other.terms, below)
        if reason is not None:
            raise GoalsContradict(other=other.terms.name, reason=reason, id=other.id)
    _require_room_in_a_day(terms, others, below)


def contradiction(one: GoalTerms, other: GoalTerms, below: Below) -> str | None:
    """Return why two goals cannot be met together, or None."""
    if one.direction == other.direction or one.measure != other.measure or not _meet(one, other):
        return None
    least, most = (one, other) if one.direction == "at_least" else (other, one)
    if not _counts_for(least, most, below):
        return None
    needed, allowed = _bounds(least, most) if least.adds_up else _bounds_of_shares(least, most)
    if needed <= allowed:
        return None
    return f"at least {_said(least)} {_each(least)} is more than at most {_said(most)} {_each(most)} allows"


def _require_room_in_a_day(terms: GoalTerms, others: Iterable[Goal], below: Below) -> None:
    """Raise where minimums of what excludes one another come to more hours than a day has."""
    together, beside = [terms], list[Goal]()
    for other in sorted(others, key=lambda other: (-other.terms.amount, other.id)):
        adds = all(_exclude(other.terms.where, each.where, below) for each in together)
        if adds and _is_daily_minimum(other.terms) and _share_a_day([*together, other.terms]):
            together.append(other.terms)
            beside.append(other)
    asked = sum(each.target for each in together)
    if beside and _is_daily_minimum(terms) and asked > SECONDS_A_DAY:
        reason = f"together they ask for {duration_in_words(asked)} of a day of 24 h"
        names = '" and "'.join(each.terms.name for each in beside)
        raise GoalsContradict(other=names, reason=reason, id=beside[0].id)


def _is_daily_minimum(terms: GoalTerms) -> bool:
    return (terms.measure, terms.direction, terms.period) == ("time", "at_least", "day")


def _share_a_day(goals: Sequence[GoalTerms]) -> bool:
    """Return whether there are days on which all count, but for days off."""
    starts = max(each.starts_on for each in goals)
    in_force = all(each.ends_on is None or each.ends_on >= starts for each in goals)
    return in_force and bool(frozenset.intersection(*(frozenset(each.weekdays) for each in goals)))


def _exclude(one: GoalFilter, other: GoalFilter, below: Below) -> bool:
    """Return whether nothing passes both filters: an activity has one category, project, app and site."""
    mine, theirs = (frozenset[int]().union(*map(below, each.categories)) for each in (one, other))
    pairs: Sequence[tuple[Iterable[object], Iterable[object]]] = (
        (mine, theirs),
        (one.projects, other.projects),
        (one.apps, other.apps),
        (one.domains, other.domains),
        (one.scores, other.scores),
    )
    return any(a and b and not frozenset(a) & frozenset(b) for a, b in pairs)


def is_within(inner: GoalFilter, outer: GoalFilter, below: Below) -> bool:
    """Return whether all that one filter lets through passes another too."""
    wide = frozenset[int]().union(*map(below, outer.categories))
    return all(
        (
            not outer.categories or (bool(inner.categories) and wide.issuperset(inner.categories)),
            _is_part(inner.projects, outer.projects),
            _is_part(inner.apps, outer.apps),
            _is_part(inner.domains, outer.domains),
            _is_part(inner.tags, outer.tags),
            _is_part(inner.scores, outer.scores),
        )
    )


def _is_part(inner: Sequence[object], outer: Sequence[object]) -> bool:
    return not outer or (bool(inner) and set(inner) <= set(outer))


def _meet(one: GoalTerms, other: GoalTerms) -> bool:
    """Return whether there are days on which both are in force."""
    starts = max(one.starts_on, other.starts_on)
    return all(terms.ends_on is None or terms.ends_on >= starts for terms in (one, other))


def _counts_for(least: GoalTerms, most: GoalTerms, below: Below) -> bool:
    """Return whether all that one goal counts of a day counts for the other too."""
    if least.measure == "time":
        return is_within(least.where, most.where, below)
    # Many activities of a part can be a single one of the whole; and a share is of its own whole.
    same = _as_sets(least.where) == _as_sets(most.where)
    return same and (least.measure != "activities" or least.shortest_seconds >= most.shortest_seconds)


def _as_sets(where: GoalFilter) -> list[frozenset[object]]:
    return [frozenset(getattr(where, name)) for name in where.__struct_fields__]


def _bounds(least: GoalTerms, most: GoalTerms) -> tuple[float, float]:
    """Return what is surely needed and what is at most possible in some period without days off."""
    mine, theirs = set(least.weekdays), set(most.weekdays)
    periods = (least.period, most.period)
    if periods == ("day", "day"):
        return (least.amount, most.amount) if mine & theirs else (0, 0)
    if least.period == "day":
        times = 1 if most.period == "week" else TIMES_IN_A_MONTH
        return least.amount * len(mine & theirs) * times, most.amount
    if most.period == "day":
        return least.amount, _capped(least, most)
    if not mine <= theirs:
        return 0, 0
    if periods == ("week", "month"):
        return least.amount * WEEKS_OF_A_MONTH, most.amount
    return least.amount, most.amount * (MOST_WEEKS_OF_A_MONTH if periods == ("month", "week") else 1)


def _capped(least: GoalTerms, most: GoalTerms) -> float:
    """Return what a week or month holds at most where some of its days are limited."""
    free = 24 * HOUR if least.measure == "time" else 24 * HOUR / (least.shortest_seconds * SECOND)
    caps = sorted(
        (most.amount if weekday in most.weekdays else free for weekday in least.weekdays), reverse=True
    )
    return sum(caps) if least.period == "week" else TIMES_IN_A_MONTH * sum(caps) + sum(caps[:3])


def _bounds_of_shares(least: GoalTerms, most: GoalTerms) -> tuple[float, float]:
    """Return both shares where they are of the same time: a whole is as good as each of its days."""
    same = set(least.weekdays) == set(most.weekdays)
    comparable = least.period == most.period or "day" in (least.period, most.period)
    return (least.target, most.target) if same and comparable else (0, 0)


def _said(terms: GoalTerms) -> str:
    if terms.measure == "time":
        return duration_in_words(terms.target)
    of = {"activities": "activities", "pulse": "points", "focus": "% focus"}[terms.measure]
    return f"{terms.target:g} {of}"


def _each(terms: GoalTerms) -> str:
    return f"a {terms.period}"


def duration_in_words(seconds: float) -> str:
    """Write a duration as people say it: 4 h, 4 h 30 min, 45 min, 30 s."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [f"{hours} h" * bool(hours), f"{minutes} min" * bool(minutes), f"{seconds} s" * bool(seconds)]
    return " ".join(filter(None, parts)) or "0 min"
