"""Decide about subjects: corrections first, then the user's rules, then what others guess."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice, pairwise
from typing import NamedTuple

import msgspec

from hourloom.activities import store
from hourloom.activities.classifying.guessing import Guess, Guesser
from hourloom.activities.classifying.matching import Hits, Matcher
from hourloom.activities.classifying.patterns import fault_of
from hourloom.activities.classifying.texts import described
from hourloom.activities.classifying.times import periods
from hourloom.activities.model.correction import Correction
from hourloom.activities.model.rule import NONE_OF_TEXT, Condition, Outcome, Rule, problem_of_shape
from hourloom.activities.model.rulebook import Rulebook
from hourloom.activities.model.subject import NOTHING, Description, Subject
from hourloom.activities.model.verdict import UNDECIDED, Source, Verdict
from hourloom.core.clock import SECOND, Instant
from hourloom.db.transaction import Transaction

AT_ONCE = 5_000
"""Subjects that are read together: some megabytes of texts."""
MOST_KNOWN = 100_000
BYTES_OF_ONE = 90
"""What a remembered subject takes, verdicts being shared, as measured."""
MOST_OPEN = 20_000
BYTES_OF_AN_OPEN_ONE = 300
MOST_DECISIONS = 10_000

Met = frozenset[int]
Part = tuple[Instant, Instant, Verdict]


_NOBODY = Subject(NOTHING, NOTHING, NOTHING)


class Memory(NamedTuple):
    """What a classifier remembers, and how often that helped."""

    asked: int
    known: int
    """How many of these were remembered."""
    subjects: int
    bytes: int


class Explanation(msgspec.Struct, frozen=True):
    """What was decided about something, and which rules it meets."""

    verdict: Verdict
    matched: list[int]
    """The rules whose conditions on texts it meets, in the order in which they are asked."""
    depends: bool
    """Whether it depends on the time, or on how long the visit lasts."""


class _Open(NamedTuple):
    """A subject whose verdict depends on the moment."""

    hits: Hits
    said: tuple[Outcome, ...]
    guess: Guess | None
    asks: Met
    """The conditions that the moment decides about."""


class _Ready(NamedTuple):
    """A rule made ready: its conditions by their places."""

    rule: Rule
    needed: Met
    forbidden: Met
    timed: tuple[tuple[int, bool], ...]
    """Conditions that the moment decides about, and whether they are negated."""

    def holds(self, hits: Met, met: Met | None) -> bool | None:
        """Return whether a rule applies; None where that depends on the moment and none is given."""
        if self.rule.match == "all":
            if not self.needed <= hits or self.forbidden & hits:
                return False
            return True if not self.timed else self._at(met, all_=True)
        if self.needed & hits or not self.forbidden <= hits:
            return True
        return False if not self.timed else self._at(met, all_=False)

    def _at(self, met: Met | None, *, all_: bool) -> bool | None:
        if met is None:
            return None
        found = ((place in met) is not negated for place, negated in self.timed)
        return all(found) if all_ else any(found)


class Classifier:
    """What belongs where, as of one version; safe for many readers at once."""

    def __init__(
        self,
        book: Rulebook,
        guesser: Guesser | None = None,
        zone: str = "system",
        workspace_id: int = 0,
    ) -> None:
        self.version, self.tree = book.version, book.tree
        self._zone, self._guesser, self._workspace = zone, guesser, workspace_id
        usable = [rule for rule in book.rules.values() if rule.enabled and is_usable(rule)]
        self._conditions, self._rules = _made_ready(usable)
        self._matcher = Matcher([c if c.field not in NONE_OF_TEXT else _NOTHING for c in self._conditions])
        self._by_hit, self._always = _candidates(self._rules)
        self._of_payload = {c.payload_id: c for c in book.corrections.values() if c.kind == "payload"}
        self._of_app = {c.subject: c for c in book.corrections.values() if c.kind == "app"}
        self._of_domain = {c.subject: c for c in book.corrections.values() if c.kind == "domain"}
        self._known: dict[Subject, Verdict | None] = {}
        self._older: dict[Subject, Verdict | None] = {}
        self._open: dict[Subject, _Open] = {}
        self._older_open: dict[Subject, _Open] = {}
        self._decided: dict[tuple[tuple[Outcome, ...], Hits, Met | None], Verdict | Met] = {}
        self._guessed: dict[tuple[Verdict, Guess], Verdict] = {}
        self._guard = threading.Lock()
        self._asked = self._helped = 0

    @property
    def zone(self) -> str:
        """Return the zone by whose clocks conditions on the time are read."""
        return self._zone

    @property
    def longest_dwell(self) -> int:
        """Return, in microseconds, how long after a time a visit must be seen to last to decide about it."""
        lasting = (each.seconds for each in self._conditions if each.field == "dwell")
        return max(lasting, default=0) * SECOND

    @property
    def corrected_payloads(self) -> AbstractSet[int | None]:
        """Return the payloads that the user corrected: what is the same in words need not be like them."""
        return self._of_payload.keys()

    def plain(self, subjects: Iterable[Subject], tx: Transaction) -> Mapping[Subject, Verdict | None]:
        """Return what was decided; None where that depends on the time or the length of the visit."""
        found, missing = self._remembered(subjects)
        # Payloads that were stored together lie together.
        rest = iter(sorted(missing, key=max))
        devices = self._devices(tx) if missing else {}
        while some := list(islice(rest, AT_ONCE)):
            words = described(tx, some, devices)
            found |= self._learnt(words, tx)
        return found

    def parts(
        self,
        start: int,
        end: int,
        subject: Subject,
        whole_start: int,
        whole_end: int,
        tx: Transaction | None = None,
    ) -> list[Part]:
        """Return what was decided from moment to moment, where it depends on that.

            rule            |      18:00 -> Leisure          |
            asked   [17:00            18:30)
            answer  [17:00 Work  18:00 Leisure 18:30)

        The whole visit decides about how long it lasted. Without a transaction only what `plain` was asked
        before is known.
        """
        known = self._open_one(subject, tx)
        if known is None:
            verdict = self._remembered([subject])[0].get(subject)
            return [(Instant(start), Instant(end), verdict or UNDECIDED)]
        lasted = self._lasted(known.asks, whole_end - whole_start)
        held = {
            place: list(periods(times, self._zone, start, end))
            for place in known.asks
            if (times := self._conditions[place].times) is not None
        }
        cuts = {start, end} | {
            at for each in held.values() for pair in each for at in pair if start < at < end
        }
        found: list[Part] = []
        for first, last in pairwise(sorted(cuts)):
            within = {place for place, each in held.items() if any(a <= first < b for a, b in each)}
            verdict = self._verdict(known.said, known.hits, lasted | within, known.guess)
            if found and found[-1][2] == verdict:
                found[-1] = found[-1][0], Instant(last), verdict
            else:
                found.append((Instant(first), Instant(last), verdict))
        return found

    def explain(self, words: Description, tx: Transaction, subject: Subject = _NOBODY) -> Explanation:
        """Return what is decided about something, and which rules it meets."""
        hits = self._matcher.hits(words)
        guess = self._guess([(subject, words)], tx)[0]
        said = self._said(subject, words)
        decided = self._decide(said, hits, None)
        all_hits = frozenset(hits)
        matched = [
            each.rule.id for each in self._asked_rules(hits) if each.holds(all_hits, None) is not False
        ]
        if isinstance(decided, Verdict):
            return Explanation(self._with_guess(decided, guess), matched, False)
        return Explanation(self._verdict(said, hits, frozenset(), guess), matched, True)

    def explain_subject(self, subject: Subject, tx: Transaction) -> Explanation:
        """Return what is decided about something that was recorded."""
        return self.explain(described(tx, [subject], self._devices(tx))[subject], tx, subject)

    def memory(self) -> Memory:
        """Return what is remembered, and how often that helped."""
        subjects = len(self._known) + len(self._older)
        open_ = len(self._open) + len(self._older_open)
        size = subjects * BYTES_OF_ONE + open_ * BYTES_OF_AN_OPEN_ONE
        return Memory(self._asked, self._helped, subjects, size)

    def forget(self) -> None:
        """Drop what is remembered: some of it was erased."""
        with self._guard:
            self._known, self._older, self._open, self._older_open = {}, {}, {}, {}
        self._matcher.forget()

    def _remembered(self, subjects: Iterable[Subject]) -> tuple[dict[Subject, Verdict | None], list[Subject]]:
        wanted = set(subjects)
        known, older = self._known, self._older
        found = {subject: known[subject] for subject in wanted if subject in known}
        helped = len(found)
        if helped < len(wanted) and older:
            again = {each: older[each] for each in wanted if each not in found and each in older}
            self._keep(again)
            found |= again
            helped += len(again)
        with self._guard:
            self._asked += len(wanted)
            self._helped += helped
        return found, [subject for subject in wanted if subject not in found] if helped < len(wanted) else []

    def _learnt(self, words: Mapping[Subject, Description], tx: Transaction) -> dict[Subject, Verdict | None]:
        found: dict[Subject, Verdict | None] = {}
        undecided: list[tuple[Subject, Description, Hits, tuple[Outcome, ...], Verdict | Met]] = []
        for subject, seen in words.items():
            tx.check_time()
            hits, said = self._matcher.hits(seen), self._said(subject, seen)
            decided = self._decide(said, hits, None)
            if isinstance(decided, Verdict) and decided.category_id is not None:
                found[subject] = decided
            else:
                undecided.append((subject, seen, hits, said, decided))
        guesses = self._guess([(each[0], each[1]) for each in undecided], tx)
        open_: dict[Subject, _Open] = {}
        for (subject, _, hits, said, decided), guess in zip(undecided, guesses, strict=True):
            if isinstance(decided, Verdict):
                found[subject] = self._with_guess(decided, guess)
            else:
                found[subject] = None
                open_[subject] = _Open(hits, said, guess, decided)
        self._keep(found, open_)
        return found

    def _keep(
        self, found: Mapping[Subject, Verdict | None], open_: Mapping[Subject, _Open] | None = None
    ) -> None:
        """Remember, in two generations: what is not asked for again goes with the older one."""
        with self._guard:
            if len(self._known) + len(found) > MOST_KNOWN // 2:
                self._older, self._known = self._known, {}
            self._known.update(islice(found.items(), MOST_KNOWN // 2))
            if open_:
                if len(self._open) + len(open_) > MOST_OPEN // 2:
                    self._older_open, self._open = self._open, {}
                self._open.update(islice(open_.items(), MOST_OPEN // 2))

    def _open_one(self, subject: Subject, tx: Transaction | None) -> _Open | None:
        known = self._open.get(subject) or self._older_open.get(subject)
        if known is None and tx is not None:
            self._learnt(described(tx, [subject], self._devices(tx)), tx)
            known = self._open.get(subject)
        return known

    def _devices(self, tx: Transaction) -> dict[int, str]:
        return {number: str(name) for number, name in store.device_names(tx, self._workspace)}  # type: ignore[misc]

    def _guess(self, asked: Sequence[tuple[Subject, Description]], tx: Transaction) -> Sequence[Guess | None]:
        if self._guesser is None or not asked:
            return [None] * len(asked)
        return self._guesser.guesses(tx, asked)

    def _said(self, subject: Subject, described: Description) -> tuple[Outcome, ...]:
        """Return what the user said about a subject, the closest first."""
        found: list[Correction | None] = []
        if self._of_payload:
            found += [self._of_payload.get(subject.detail), self._of_payload.get(subject.window)]
        if self._of_domain:
            host = described.host or described.domain
            while host:
                found.append(self._of_domain.get(host))
                host = host.partition(".")[2]
        if self._of_app:
            found.append(self._of_app.get(described.app))
        return tuple(each.outcome for each in found if each is not None)

    def _asked_rules(self, hits: Hits) -> list[_Ready]:
        places = set(self._always)
        for hit in hits:
            places.update(self._by_hit.get(hit, ()))
        return [self._rules[place] for place in sorted(places)]

    def _decide(self, said: tuple[Outcome, ...], hits: Hits, met: Met | None) -> Verdict | Met:
        """Return the verdict of corrections and rules, or the conditions that it depends on."""
        key = said, hits, met
        found = self._decided.get(key)
        if found is None:
            found = self._worked_out(said, hits, met)
            if len(self._decided) >= MOST_DECISIONS:
                self._decided = {}
            self._decided[key] = found
        return found

    def _worked_out(self, said: tuple[Outcome, ...], hits: Hits, met: Met | None) -> Verdict | Met:
        filling = _Filling()
        for outcome in said:
            filling.take(outcome, "correction")
        asks: set[int] = set()
        all_hits = frozenset(hits)
        for ready in self._asked_rules(hits):
            holds = ready.holds(all_hits, met)
            if holds is None and filling.would_take(ready.rule.outcome):
                asks.update(place for place, _ in ready.timed)
            elif holds:
                filling.take(ready.rule.outcome, "rule", ready.rule.id)
        return frozenset(asks) if asks else filling.verdict()

    def _verdict(self, said: tuple[Outcome, ...], hits: Hits, met: Met, guess: Guess | None) -> Verdict:
        decided = self._decide(said, hits, met)
        return self._with_guess(decided, guess) if isinstance(decided, Verdict) else UNDECIDED

    def _with_guess(self, verdict: Verdict, guess: Guess | None) -> Verdict:
        """Return a verdict whose category is guessed where nobody said it; equal ones are the same object."""
        if guess is None or verdict.category_id is not None:
            return verdict
        key = verdict, guess
        found = self._guessed.get(key)
        if found is None:
            found = msgspec.structs.replace(
                verdict,
                category_id=guess.category_id,
                source=guess.source,
                confidence=guess.confidence,
                version=guess.version,
            )
            if len(self._guessed) >= MOST_DECISIONS:
                self._guessed = {}
            self._guessed[key] = found
        return found

    def _lasted(self, asks: Met, lasted: int) -> Met:
        return frozenset(
            place
            for place in asks
            if self._conditions[place].field == "dwell" and lasted >= self._conditions[place].seconds * SECOND
        )


class _Filling:
    """A verdict while it is made: the first to say a category or a project is heard, tags add up."""

    def __init__(self) -> None:
        self._category: int | None = None
        self._project: int | None = None
        self._tags: set[int] = set()
        self._source: Source = "none"
        self._rule: int | None = None

    def would_take(self, outcome: Outcome) -> bool:
        """Return whether an outcome would change anything."""
        return (
            (self._category is None and outcome.category_id is not None)
            or (self._project is None and outcome.project_id is not None)
            or not self._tags.issuperset(outcome.tag_ids)
        )

    def take(self, outcome: Outcome, source: Source, rule: int | None = None) -> None:
        """Take of an outcome what is not said yet."""
        if self._category is None and outcome.category_id is not None:
            self._category, self._source, self._rule = outcome.category_id, source, rule
        if self._project is None:
            self._project = outcome.project_id
        self._tags.update(outcome.tag_ids)

    def verdict(self) -> Verdict:
        """Return what was decided."""
        if self._category is None and self._project is None and not self._tags:
            return UNDECIDED
        sure = 0.0 if self._category is None else 1.0
        tags = tuple(sorted(self._tags))
        return Verdict(self._category, self._project, tags, self._source, self._rule, sure)


_NOTHING = Condition(field="title", form="equals", text="\0")
"""Stands in for conditions that look at no text: no title equals it."""


def is_usable(rule: Rule) -> bool:
    """Return whether a rule can be used: some came from other programs and cannot."""
    return problem_of_shape(rule) is None and all(
        condition.form != "pattern" or condition.field in NONE_OF_TEXT or fault_of(condition.text) is None
        for condition in rule.conditions
    )


def _made_ready(rules: Sequence[Rule]) -> tuple[list[Condition], list[_Ready]]:
    places: dict[bytes, int] = {}
    conditions: list[Condition] = []
    ready: list[_Ready] = []
    for rule in rules:
        needed, forbidden, timed = set[int](), set[int](), list[tuple[int, bool]]()
        for condition in rule.conditions:
            bare = msgspec.structs.replace(condition, negated=False)
            place = places.setdefault(msgspec.json.encode(bare), len(conditions))
            if place == len(conditions):
                conditions.append(bare)
            if condition.field in NONE_OF_TEXT:
                timed.append((place, condition.negated))
            else:
                (forbidden if condition.negated else needed).add(place)
        ready.append(_Ready(rule, frozenset(needed), frozenset(forbidden), tuple(timed)))
    return conditions, ready


def _candidates(rules: Sequence[_Ready]) -> tuple[dict[int, list[int]], list[int]]:
    """Return which rules are worth asking for which condition that is met, and which always are."""
    by_hit: dict[int, list[int]] = defaultdict(list)
    always: list[int] = []
    for number, ready in enumerate(rules):
        if ready.rule.match == "all":
            if ready.needed:
                by_hit[max(ready.needed)].append(number)
            else:
                always.append(number)
        elif ready.forbidden or ready.timed:
            always.append(number)
        else:
            for place in ready.needed:
                by_hit[place].append(number)
    return by_hit, always
