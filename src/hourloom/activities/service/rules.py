"""Keep rules, say what they decide and why, and look what an edit of them would move."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple, Protocol

import msgspec

from hourloom.activities import store
from hourloom.activities.classifying.classifier import Classifier, Explanation
from hourloom.activities.classifying.matching import has_room
from hourloom.activities.classifying.patterns import fault_of
from hourloom.activities.classifying.texts import Part, Texts, description
from hourloom.activities.lane.marking import Said, cut
from hourloom.activities.model.correction import NoSuchPayload
from hourloom.activities.model.preview import Moves
from hourloom.activities.model.rule import (
    MOST_RULES,
    NoSuchRule,
    Problem,
    Rule,
    RuleNotValid,
    TooManyRules,
    problem_of_shape,
    reordered,
)
from hourloom.activities.model.rulebook import Rulebook
from hourloom.activities.model.subject import NOTHING, Subject
from hourloom.activities.model.tending import NEW, edited, with_category, without_category
from hourloom.activities.model.verdict import Verdict
from hourloom.activities.service.categories import Categories
from hourloom.activities.service.editing import READ, RULES, WRITE, Rulebooks
from hourloom.activities.service.references import Labels
from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, Clock, Duration, Instant
from hourloom.core.errors import Invalid
from hourloom.core.ids import OperationId
from hourloom.db.transaction import Database, ReadTookTooLong, Transaction
from hourloom.tracking.enrichment import traits_of

RECENT = Duration(28 * DAY)
LONGEST_PREVIEW = Duration(400 * DAY)
PREVIEW_SECONDS = 20.0
AT_ONCE = 5_000


class PatternNotUsable(Invalid):
    """The pattern of condition {condition} cannot be used: {reason}{where}."""


class PatternsTooLarge(Invalid):
    """The texts and patterns of all rules are too large together: simplify or delete some."""


class PeriodNotValid(Invalid):
    """A preview looks at up to 400 days, from an earlier instant to a later one."""


class RuleInForce(msgspec.Struct, frozen=True):
    """A rule, and why it cannot be used where it cannot."""

    rule: Rule
    problem: Problem | None


class Edit(msgspec.Struct, frozen=True):
    """An edit to be previewed: just one of these."""

    add: Rule | None = None
    change: Rule | None = None
    """By the number in it."""
    remove: int | None = None
    order: list[int] | None = None
    category: int | None = None
    """A category to be moved or renamed."""
    changes: dict[str, object] = {}
    """Its fields that become others."""
    remove_category: int | None = None
    reassign_to: int | None = None
    uncategorise: bool = False


SaidWithin = Callable[[Transaction, Actor, int, int], Sequence[Said]]


class Stretches(Protocol):
    """Where it is known when a person did what."""

    def __call__(
        self, tx: Transaction, who: Actor, start: Instant, end: Instant
    ) -> Iterable[tuple[int, int, Subject]]:
        """Go through start, end and subject of all active time, cut to a period, in order."""
        ...


class _Nothing:
    def __call__(
        self,
        tx: Transaction,  # noqa: ARG002 - nothing is known
        who: Actor,  # noqa: ARG002
        start: Instant,  # noqa: ARG002
        end: Instant,  # noqa: ARG002
    ) -> Iterable[tuple[int, int, Subject]]:
        return ()


class Asked(msgspec.Struct, frozen=True):
    """Something to be explained, in words, or of what was recorded by the numbers of its payloads."""

    app: str = ""
    title: str = ""
    url: str = ""
    path: str = ""
    project: str = ""
    language: str = ""
    device: str = ""


class Rules:
    """The rules that say what belongs to which category, project and tags."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        rulebooks: Rulebooks,
        categories: Categories,
        labels: Labels,
    ) -> None:
        self._database, self._clock, self._rulebooks = database, clock, rulebooks
        self._categories, self._labels = categories, labels
        self.stretches: Stretches = _Nothing()
        """What was done when; who derives activities says so here."""
        self.said: SaidWithin = lambda _tx, _who, _start, _end: ()
        """What a person said about the time of it, which no rule changes."""

    def list(self, who: Actor) -> list[RuleInForce]:
        """Return all rules in the order in which they are asked."""
        who.require(READ)
        with self._database.read() as tx:
            book = self._rulebooks.read(tx, who.workspace_id)
            return [RuleInForce(rule, problem_of(rule)) for rule in book.rules.values()]

    def add(self, who: Actor, rule: Rule) -> tuple[Rule, OperationId]:
        """Add a rule behind those that are there."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            after = self._with(tx, who, before, msgspec.structs.replace(rule, id=NEW))
            saved = self._rulebooks.save(tx, who, RULES, before, after)
            return saved.book.rules[saved.numbers[NEW]], saved.operation_id

    def change(self, who: Actor, rule: Rule) -> tuple[Rule, OperationId]:
        """Put a rule in the place of the one with its number."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            after = self._with(tx, who, before, rule)
            saved = self._rulebooks.save(tx, who, RULES, before, after)
            return saved.book.rules[rule.id], saved.operation_id

    def remove(self, who: Actor, number: int) -> OperationId:
        """Remove a rule."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            after = before.with_(rules=_without(before, number))
            return self._rulebooks.save(tx, who, RULES, before, after).operation_id

    def order(self, who: Actor, ids: Sequence[int]) -> OperationId:
        """Put the rules in another order; one of a higher priority still goes first."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            after = before.with_(rules=reordered(list(before.rules.values()), ids))
            return self._rulebooks.save(tx, who, RULES, before, after).operation_id

    def move(self, who: Actor, number: int, place: int) -> OperationId:
        """Put one rule at a place in the order, counted from 0."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            _found(before, number)
            ids = [each for each in before.rules if each != number]
            ids.insert(max(0, place), number)
            after = before.with_(rules=reordered(list(before.rules.values()), ids))
            return self._rulebooks.save(tx, who, RULES, before, after).operation_id

    def explain(self, who: Actor, asked: Asked) -> Explanation:
        """Return what is decided about something, and which rules it meets."""
        who.require(READ)
        texts = Texts(
            asked.app, asked.title, asked.url, file=asked.path, project=asked.project, language=asked.language
        )
        traits = traits_of({"app": asked.app, "url": asked.url, "title": asked.title})
        words = description(Part(texts, traits), Part(Texts(), traits_of({})), asked.device)
        with self._database.read() as tx:
            return self._categories.classifier(tx, who.workspace_id).explain(words, tx)

    def explain_subject(self, who: Actor, subject: Subject) -> Explanation:
        """Return what is decided about something that was recorded, and which rules it meets."""
        who.require(READ)
        with self._database.read() as tx:
            for payload in {subject.window, subject.detail} - {NOTHING}:
                if store.digest_of_payload(tx, who.workspace_id, payload) is None:
                    raise NoSuchPayload(id=payload)
            return self._categories.classifier(tx, who.workspace_id).explain_subject(subject, tx)

    async def preview(
        self, who: Actor, edit: Edit, start: Instant | None = None, end: Instant | None = None
    ) -> Moves:
        """Return what an edit would move of what was done in a period, the last 28 days if none is given."""
        who.require(READ)
        until = self._clock.now() if end is None else end
        since = Instant(until - RECENT) if start is None else start
        if not 0 < until - since <= LONGEST_PREVIEW:
            raise PeriodNotValid
        work = partial(self._previewed, who, edit, since, until)
        return await self._database.run_read(work, seconds=PREVIEW_SECONDS, who=who)

    def edited(self, tx: Transaction, who: Actor, before: Rulebook, edit: Edit) -> Rulebook:
        """Return the rulebook that would come of an edit."""
        if edit.add is not None:
            return self._with(tx, who, before, msgspec.structs.replace(edit.add, id=NEW))
        if edit.change is not None:
            return self._with(tx, who, before, edit.change)
        if edit.remove is not None:
            return before.with_(rules=_without(before, edit.remove))
        if edit.order is not None:
            return before.with_(rules=reordered(list(before.rules.values()), edit.order))
        if edit.category is not None:
            return with_category(before, edited(before, edit.category, edit.changes))
        if edit.remove_category is not None:
            number = edit.remove_category
            return without_category(
                before,
                number,
                reassign_to=edit.reassign_to,
                uncategorise=edit.uncategorise,
                uses=self._categories.uses(tx, who.workspace_id, before.tree, number),
            )
        return before

    def _previewed(self, who: Actor, edit: Edit, since: Instant, until: Instant) -> Moves:
        deadline = time.monotonic() + PREVIEW_SECONDS
        with self._database.read() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            after = self.edited(tx, who, before, edit)
            moves = Moves(before.tree, after.tree)
            now = self._categories.classifier(tx, who.workspace_id)
            then = self._categories.made_of(tx, who.workspace_id, after)
            # Whole visits decide, also what of them lies around the period.
            around = Instant(max(0, since - DAY)), Instant(until + DAY)
            rest = _visits(self.stretches(tx, who, *around), since, until)
            said = self.said(tx, who, since, until)
            while some := list(islice(rest, AT_ONCE)):
                _compare(tx, some, now, then, _Count(moves, said))
                if time.monotonic() > deadline:
                    raise ReadTookTooLong(seconds=PREVIEW_SECONDS)
        return moves

    def _with(self, tx: Transaction, who: Actor, before: Rulebook, rule: Rule) -> Rulebook:
        """Return a rulebook with a rule more, or with one changed."""
        self._labels.require(tx, who, before, rule.outcome)
        if rule.id == NEW:
            if len(before.rules) >= MOST_RULES:
                raise TooManyRules(most=f"{MOST_RULES:,}")
            behind = 1 + max((each.position for each in before.rules.values()), default=-1)
            rule = msgspec.structs.replace(rule, position=behind, origin="user")
        else:
            was = _found(before, rule.id)
            rule = msgspec.structs.replace(rule, position=was.position, origin=was.origin)
        require_usable(rule)
        rules = [*(each for each in before.rules.values() if each.id != rule.id), rule]
        require_room_for_patterns(rules)
        return before.with_(rules=rules)


def problem_of(rule: Rule) -> Problem | None:
    """Return why a rule cannot be used; None where it can."""
    problem = problem_of_shape(rule)
    if problem is not None:
        return problem
    for place, condition in enumerate(rule.conditions, 1):
        fault = fault_of(condition.text) if condition.form == "pattern" else None
        if fault is not None:
            return Problem(fault.reason, place, fault.position)
    return None


def require_usable(rule: Rule) -> None:
    """Raise unless a rule can be used."""
    problem = problem_of(rule)
    if problem is None:
        return
    if problem.condition is None or rule.conditions[problem.condition - 1].form != "pattern":
        where = "" if problem.condition is None else f"condition {problem.condition}: "
        raise RuleNotValid(reason=where + problem.reason)
    where = "" if problem.position is None else f", at character {problem.position}"
    raise PatternNotUsable(
        condition=problem.condition, reason=problem.reason, where=where, position=problem.position
    )


def require_room_for_patterns(rules: Iterable[Rule]) -> None:
    """Raise where all that rules look for would together take too much memory or time."""
    if has_room(rules) is None:
        raise PatternsTooLarge


def _found(book: Rulebook, number: int) -> Rule:
    found = book.rules.get(number)
    if found is None:
        raise NoSuchRule(id=number)
    return found


def _without(book: Rulebook, number: int) -> list[Rule]:
    _found(book, number)
    return [rule for rule in book.rules.values() if rule.id != number]


class _Visit(NamedTuple):
    """What was done in one go, and what of it lies within a period."""

    start: int
    end: int
    subject: Subject
    whole_start: int
    whole_end: int


class _Count:
    """Counts what would move, but for what a person said about the time, which no rule changes."""

    def __init__(self, moves: Moves, said: Sequence[Said]) -> None:
        self._moves, self._said = moves, said

    def count(self, was: Verdict, is_: Verdict, start: int, end: int) -> None:
        """Count a stretch by its two verdicts."""
        place = bisect_right(self._said, start, key=lambda piece: piece.end) if self._said else 0
        for a, b, piece in cut(start, end, self._said, place):
            if piece is None:
                self._moves.count(was, is_, b - a)
            elif piece.presence != "away":
                self._moves.count_stated(was, is_, b - a, piece.stated)


def _visits(
    stretches: Iterable[tuple[int, int, Subject]], since: Instant, until: Instant
) -> Iterator[_Visit]:
    """Yield the visits that meet a period; where midnight cut one, its parts are joined."""
    open_: tuple[int, int, Subject] | None = None
    for start, end, subject in stretches:
        if open_ is not None and open_[1:] == (start, subject):
            open_ = open_[0], end, subject
            continue
        yield from _meeting(open_, since, until)
        open_ = start, end, subject
    yield from _meeting(open_, since, until)


def _meeting(visit: tuple[int, int, Subject] | None, since: Instant, until: Instant) -> Iterator[_Visit]:
    if visit is not None and visit[0] < until and visit[1] > since:
        start, end, subject = visit
        yield _Visit(max(start, since), min(end, until), subject, start, end)


def _compare(
    tx: Transaction,
    visits: Sequence[_Visit],
    now: Classifier,
    then: Classifier,
    counted: _Count,
) -> None:
    """Count what two classifiers say of some stretches."""
    subjects = {visit.subject for visit in visits}
    was, is_ = now.plain(subjects, tx), then.plain(subjects, tx)
    for start, end, subject, *whole in visits:
        one, other = was[subject], is_[subject]
        if one is not None and other is not None:
            counted.count(one, other, start, end)
            continue
        # Where either depends on the moment, both are told moment by moment.
        parts = now.parts(start, end, subject, whole[0], whole[1], tx)
        others = then.parts(start, end, subject, whole[0], whole[1], tx)
        for first, last, verdict in parts:
            for begin, finish, becomes in others:
                if begin < last and first < finish:
                    counted.count(verdict, becomes, max(first, begin), min(last, finish))
