"""Erasing: what is asked for, what it meets, and what stays of an event that reaches beyond it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.core.changes import Change
from hourloom.core.clock import DAY, EARLIEST, LATEST, Duration, Instant
from hourloom.core.errors import Conflict, Invalid, NotFound
from hourloom.core.ids import ErasureId, OperationId, UserId, WorkspaceId
from hourloom.tracking.query.errors import QueryError
from hourloom.tracking.query.patterns import compile_pattern
from hourloom.tracking.reduction import domain_of

IN_TRASH_FOR = Duration(30 * DAY)
"""So long a deleted bucket can be brought back."""

BEING_ERASED = Instant(0)
"""When a bucket was deleted that is being erased, or was: it is in no trash any more."""

ErasureKind = Literal["range", "match", "bucket", "everything"]
ErasureState = Literal["deleting", "waiting", "restoring", "undone", "erasing", "proving", "done"]
ErasurePhase = Literal["events", "restore", "restored", "images", "totals", "payloads", "rows"]
MOVING: tuple[ErasureState, ...] = ("deleting", "restoring", "erasing")
"""What is done in steps."""

Words = Annotated[str, Meta(min_length=1, max_length=200)]
Matches = Callable[[Mapping[str, object]], bool]


class NoSuchErasure(NotFound):
    """There is no erasure with the number {id}."""


class NothingToMatch(Invalid):
    """Say what to look for: an app, a domain, words of a title or a pattern."""


class PatternRefused(Invalid):
    """The pattern cannot be used: {reason}."""


class ErasureEnded(Conflict):
    """The erasure {id} is {state}."""


class NotErasedYet(Conflict):
    """What erasure {id} deleted can still be undone; erase it first."""


class NotInTrash(NotFound):
    """There is no deleted bucket with the number {id}."""


class Criteria(msgspec.Struct, frozen=True):
    """What to look for in payloads; all that is given must be there."""

    app: Words | None = None
    domain: Words | None = None
    title: Words | None = None
    """Words that all occur in the title, in any order."""
    pattern: Words | None = None
    """A regular expression (RE2) that is found in any text of the payload."""


class ErasurePlace(msgspec.Struct, frozen=True):
    """Where an erasure goes on."""

    phase: ErasurePhase = "events"
    bucket: int = 0
    """A place in the list of buckets."""
    after: int = -1
    """An instant, or a number, up to which all is done."""


class ErasureScope(msgspec.Struct):
    """What is erased, in numbers alone, and how much that is."""

    buckets: list[int]
    started_at: int = EARLIEST
    ended_at: int = LATEST
    last_event: int = 2**62
    """Events with higher numbers were recorded after it was asked for."""
    by_payload: bool = False
    """Whether only events with the payloads listed for the erasure are meant."""
    all_of_time: bool = False
    """Whether nothing that was recorded within the time is left out, whatever buckets come later: then what
    is said about that time goes, too."""
    undoable: bool = True
    said: list[int] = []
    """What features above keep about what was deleted, by numbers of theirs."""
    events: int = 0
    lasted: int = 0
    """Microseconds of the record that were deleted."""
    at: ErasurePlace = ErasurePlace()


class Proof(msgspec.Struct, frozen=True):
    """A place that was searched for what was erased, and what was found there."""

    place: str
    found: int
    searched: int | None = None
    """How many pages or files were looked at; of tables all that may be meant."""
    names: list[str] = []
    """Backups that were made before, and hold it still."""


# Prepared here, on one thread: two that decode a type for the first time at once can end the interpreter.
_SCOPE, _PROOFS = msgspec.json.Decoder(ErasureScope), msgspec.json.Decoder(list[Proof])


class Erasure(msgspec.Struct, frozen=True):
    """The final deletion of a record, from asking for it to its proof."""

    id: ErasureId
    workspace_id: WorkspaceId
    user_id: UserId
    operation_id: OperationId | None
    kind: ErasureKind
    state: ErasureState
    requested_at: Instant
    due_at: Instant
    done_at: Instant | None
    subject: str
    proof: str

    @property
    def scope(self) -> ErasureScope:
        """Return what is erased."""
        return _SCOPE.decode(self.subject)

    @property
    def can_be_undone(self) -> bool:
        """Return whether the operation that deleted it can be taken back."""
        if self.operation_id is None or self.state not in ("deleting", "waiting"):
            return False
        return self.scope.undoable or (self.kind == "everything" and self.state == "waiting")

    @property
    def proofs(self) -> list[Proof]:
        """Return which places were searched."""
        return _PROOFS.decode(self.proof)


class ErasureChanged(Change, frozen=True):
    """An erasure was asked for, or came from one state into the next."""

    id: ErasureId
    erasure_kind: ErasureKind
    state: ErasureState
    events: int


def matcher(criteria: Criteria) -> Matches:
    """Return the test that a payload's data must pass; at least one thing must be looked for."""
    tests = [test for test in _tests(criteria) if test is not None]
    if not tests:
        raise NothingToMatch
    return lambda data: all(test(data) for test in tests)


def _tests(criteria: Criteria) -> Iterator[Matches | None]:
    yield _has_app(criteria.app) if criteria.app is not None else None
    yield _has_domain(criteria.domain) if criteria.domain is not None else None
    yield _has_title(criteria.title) if criteria.title is not None else None
    yield _has_pattern(criteria.pattern) if criteria.pattern is not None else None


def _has_app(app: str) -> Matches:
    wanted = app.casefold()
    return lambda data: _text(data, "app").casefold() == wanted


def _has_domain(domain: str) -> Matches:
    wanted = domain.lower().strip(".")

    def test(data: Mapping[str, object]) -> bool:
        host = domain_of(_text(data, "url"))
        names = {host, host.partition(":")[0]}
        return any(name == wanted or name.endswith("." + wanted) for name in names)

    return test


def _has_title(title: str) -> Matches:
    words = title.casefold().split()

    def test(data: Mapping[str, object]) -> bool:
        found = _text(data, "title").casefold()
        return bool(words) and all(word in found for word in words)

    return test


def _has_pattern(pattern: str) -> Matches:
    try:
        compiled = compile_pattern(pattern)
    except QueryError as error:
        reason = error.reason.rpartition("cannot be used: ")[2].rstrip(".")
        raise PatternRefused(reason=reason) from None
    return lambda data: any(compiled.search(text) is not None for text in _texts(data))


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _texts(value: object) -> Iterator[str]:
    """Go through all texts in JSON, whose depth is bounded where it is stored."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def meets(started_at: int, ended_at: int, start: int, end: int) -> bool:
    """Return whether something of an event lies within a period; a moment does where the period holds it."""
    return started_at < end and (ended_at > start or start <= started_at == ended_at)


def outside(started_at: int, ended_at: int, start: int, end: int) -> list[tuple[Instant, Instant]]:
    """Return what of an event that meets a period lies outside of it.

    event    |------------|
    period       [---)
    result   |--|    |----|
    """
    before = [(Instant(started_at), Instant(start))] if started_at < start else []
    return before + ([(Instant(end), Instant(ended_at))] if ended_at > end else [])


def lasted_within(started_at: int, ended_at: int, start: int, end: int) -> Duration:
    """Return how much of an event lies within a period."""
    return Duration(max(0, min(ended_at, end) - max(started_at, start)))
