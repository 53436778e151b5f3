"""Privacy rules as a workspace has them: what is wrong with them, what they would hide, what they hid."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.core.changes import Change
from hourloom.core.clock import EARLIEST, LATEST, Duration, Instant
from hourloom.core.errors import Conflict, Invalid, NotFound
from hourloom.core.ids import OperationId, UserId, WorkspaceId
from hourloom.core.privacy import MOST_RULES, PrivacyRule, problem_of

SAMPLED = 10
"""Events that a preview shows."""
LARGEST_SAMPLE = 4_000
"""Bytes of one event's data that a preview shows; larger ones are counted only."""


class NoSuchPrivacyRule(NotFound):
    """There is no privacy rule with the number {id}."""


class PrivacyRuleRefused(Invalid):
    """The privacy rule cannot be used: {reason}."""


class TooManyPrivacyRules(Conflict):
    """There can be at most {most} privacy rules."""


class NotTheSameRules(Conflict):
    """Name each privacy rule once, in the order wanted; there are: {ids}."""


class NothingToHide(Invalid):
    """No privacy rule that is named is switched on."""


class PrivacyRulesChanged(Change, frozen=True):
    """Privacy rules were added, changed, removed or put in another order; ask for them again."""

    count: int


class EventsHidden(Change, frozen=True):
    """Privacy rules were applied to what was recorded before."""

    operation: OperationId
    dropped: int
    redacted: int
    finished: bool


class RulesChange(msgspec.Struct, frozen=True):
    """What an operation on rules is about; the rules themselves are kept only as long as it can be undone."""

    count: int
    after: str
    """The version of the rules that it made."""


class HistoryPlace(msgspec.Struct, frozen=True):
    """Where the look through the history goes on."""

    bucket: int = 0
    """A place in the list of buckets."""
    at: int = -1
    event: int = -1


class HiddenHistory(msgspec.Struct):
    """What an application to history is about, in numbers alone, and how far it has come."""

    workspace_id: WorkspaceId
    user_id: UserId
    rules: list[int]
    buckets: list[int]
    started_at: int = EARLIEST
    ended_at: int = LATEST
    last_event: int = 2**62
    undoable: bool = True
    place: HistoryPlace = HistoryPlace()
    dropped: int = 0
    redacted: int = 0
    lasted: int = 0
    finished: bool = False


class Sample(msgspec.Struct, frozen=True):
    """One event that would be hidden, and what would be left of it."""

    bucket: str
    started_at: Instant
    lasted: Duration
    data: bytes
    becomes: bytes | None


class WouldHide(msgspec.Struct):
    """What rules would hide of what was recorded."""

    events: int = 0
    dropped: int = 0
    redacted: int = 0
    lasted: int = 0
    looked_at: int = 0
    sample: list[Sample] = []


class RulesInForce(msgspec.Struct, frozen=True):
    """All rules, in the zone that their times are told in, with a word that changes with what they do."""

    version: str
    zone: str
    rules: list[PrivacyRule]


class Tried(msgspec.Struct, frozen=True):
    """What would be stored of an event, and the rules that say so."""

    data: dict[str, object] | None
    rules: list[int]


def require_usable(rule: PrivacyRule) -> None:
    """Raise for a rule that cannot be used."""
    reason = problem_of(rule)
    if reason is not None:
        raise PrivacyRuleRefused(reason=reason)


def require_room(count: int) -> None:
    """Raise where there would be too many rules."""
    if count > MOST_RULES:
        raise TooManyPrivacyRules(most=MOST_RULES)


def text_of(rule: PrivacyRule) -> str:
    """Return a rule as it is stored: its number and place have columns of their own."""
    return msgspec.json.encode(msgspec.structs.replace(rule, id=0, position=0)).decode()


def in_order(rules: Sequence[PrivacyRule], ids: Sequence[int]) -> list[PrivacyRule]:
    """Return rules in the order of their numbers, each of which is named once."""
    by_id = {rule.id: rule for rule in rules}
    if sorted(ids) != sorted(by_id):
        raise NotTheSameRules(ids=", ".join(map(str, sorted(by_id))) or "none")
    return [msgspec.structs.replace(by_id[id_], position=place) for place, id_ in enumerate(ids)]


def rules_changed(rules: Sequence[PrivacyRule]) -> PrivacyRulesChanged:
    """Return the Change that tells of rules: how many there are, and nothing of what they look for."""
    return PrivacyRulesChanged(len(rules))
