"""What a person was doing, for everybody who asks: stretches, sums, names, and the events behind them."""

from __future__ import annotations

import hashlib
import threading
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice, pairwise, repeat
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

import msgspec

from hourloom.activities import store
from hourloom.activities.classifying import Classifier, described
from hourloom.activities.lane.days import AWAY, FIRST, LaneDay
from hourloom.activities.lane.dwelling import without_short_visits
from hourloom.activities.lane.spans import united
from hourloom.activities.model.activity import Activity
from hourloom.activities.model.category import SEPARATOR
from hourloom.activities.model.filter import Filter
from hourloom.activities.model.lane import (
    MOST_CUTS,
    MOST_DAYS,
    CutsNotInOrder,
    Key,
    KeyValue,
    Lane,
    SourceEvent,
    Sums,
    TooLongToTell,
)
from hourloom.activities.model.mark import stated
from hourloom.activities.model.subject import NOTHING, Description, Subject
from hourloom.activities.model.verdict import Verdict
from hourloom.activities.service.choosing import InWords, KeyOf, Passes, key_of, needs_words, passes_of
from hourloom.activities.service.kept import HowKept, Kept
from hourloom.activities.service.lanes import KnownDay, Lanes
from hourloom.activities.service.reading import USED, settled_before
from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, Instant
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Database, Transaction, whole
from hourloom.tracking.service import lanes as record

READ = "activities:read"
MOST_SUMS_BYTES = 6 * 1024 * 1024
MOST_WORDS_BYTES = 3 * 1024 * 1024
MOST_APPS = 1_000
LONGEST_APP_NAME = 200
MOST_REMEMBERED = 60_000
"""Of about 100 bytes each, the verdicts themselves being shared."""
SECONDS = 30.0
MOST_EVENTS = 1_000
"""Events that are named for one activity."""

Value = TypeVar("Value")
Answer = TypeVar("Answer")
ByKey = dict[tuple[KeyValue, ...], int]


class Deciders(Protocol):
    """Where the classifier of a workspace comes from."""

    def classifier(self, tx: Transaction, workspace_id: int) -> Classifier:
        """Return it as of now."""
        ...


class Names(Protocol):
    """What projects or tags are called."""

    def names(self, tx: Transaction, workspace: WorkspaceId) -> dict[int, str]:
        """Return their names by their numbers."""
        ...


class _Asked(NamedTuple):
    """A question about activities, made ready."""

    who: Actor
    classifier: Classifier
    key_of: KeyOf
    passes: Passes | None
    in_words: InWords
    memory: _Memory[Verdict | None]
    by: tuple[object, ...]
    """What tells its answers from others."""
    keys: dict[tuple[KeyValue, ...], tuple[KeyValue, ...]]
    """Those that occurred: equal ones are one object."""
    known: dict[int, Any]
    """By what activities count that are the same in words."""


class _Memory(Generic[Value]):
    """What is known of subjects that are the same in words; shared by readers."""

    def __init__(self, number: int) -> None:
        self.number = number
        """No other of its kind ever has it."""
        self._new: dict[int, Value] = {}
        self._old: dict[int, Value] = {}
        self._guard = threading.Lock()

    def get(self, essence: int, default: object = None) -> Any:  # what was kept, or the default
        """Return what is known, or what is given."""
        found = self._new.get(essence, default)
        if found is not default:
            return found
        found = self._old.get(essence, default)
        if found is not default:
            self.keep({essence: found})  # type: ignore[dict-item]  # it is not the default
        return found

    def all(self, essences: Iterable[int]) -> list[Any]:  # as above
        """Return what is known of each, or `_UNKNOWN`."""
        found: list[Any] = list(map(self._new.get, essences, repeat(_UNKNOWN)))
        if self._old and _UNKNOWN in found:
            for place, essence in enumerate(essences):
                if found[place] is _UNKNOWN:
                    found[place] = self.get(essence, _UNKNOWN)
        return found

    def keep(self, learnt: Mapping[int, Value]) -> None:
        """Remember it, in two generations: what is not asked for again goes with the older one."""
        with self._guard:
            if len(self._new) + len(learnt) > MOST_REMEMBERED // 2:
                self._old, self._new = self._new, {}
            self._new.update(islice(learnt.items(), MOST_REMEMBERED // 2))


_UNKNOWN, _OPEN = object(), object()


class ActivityPage(NamedTuple):
    """Some activities with all that is told of them."""

    activities: Sequence[Activity]
    away: Sequence[tuple[Instant, Instant]]
    further: Instant | None
    """Where the next page begins, if there is one."""
    words: Mapping[Subject, Description]
    categories: Mapping[KeyValue, str | None]
    projects: Mapping[KeyValue, str | None]


class _Part(NamedTuple):
    """The sums of a day, or a part of it."""

    by: ByKey
    away: int


_NOTHING = _Part({}, 0)
_NO_WORDS = Description("", "", "", "", "", "", "", "", "", "", False, False)
_BYTES_OF_PARTS, _BYTES_OF_PART, _BYTES_OF_SUM = 500, 300, 90
"""What the sums of a day take, each part of it and each sum of that; keys are shared."""


class Activities:
    """The lane of activities of one person, read within the caller's transaction."""

    is_service = True

    def __init__(
        self, database: Database, lanes: Lanes, deciders: Deciders, projects: Names, tags: Names
    ) -> None:
        self._database, self.lanes, self._deciders = database, lanes, deciders
        self._projects, self._tags = projects, tags
        self._sums: Kept[tuple[_Part, ...]] = Kept(MOST_SUMS_BYTES)
        self._words: Kept[Description] = Kept(MOST_WORDS_BYTES)
        self._names_of: _Memory[Description] = _Memory(0)
        self._shared: dict[tuple[str, str, str], Description] = {}
        self._app_names: dict[str, Counter[str]] = {}
        self._memories: WeakKeyDictionary[Classifier, _Memory[Verdict | None]] = WeakKeyDictionary()
        self._answers: WeakKeyDictionary[Transaction, dict[tuple[object, ...], object]] = WeakKeyDictionary()
        self._given = 0
        self._guard = threading.Lock()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Answer equal questions about one snapshot once, while somebody asks many."""
        with self._database.read() as tx:
            outer = self._answers.get(tx)
            self._answers[tx] = {} if outer is None else outer
            try:
                yield
            finally:
                if outer is None:
                    del self._answers[tx]

    def _once(
        self, tx: Transaction, who: Actor, question: tuple[object, ...], answer: Callable[[], Answer]
    ) -> Answer:
        known = self._answers.get(tx)
        if known is None or tx.writes:
            return answer()
        key = (who.workspace_id, who.user_id, *question)
        if key not in known:
            known[key] = answer()
        return cast("Answer", known[key])

    def between(
        self, who: Actor, start: Instant, end: Instant, where: Filter | None = None, *, dwell: int = 0
    ) -> Lane:
        """Return what a person was doing within a period; visits shorter than `dwell` go to neighbours."""
        who.require(READ)
        with self._database.read() as tx:
            return self._once(
                tx,
                who,
                ("between", start, end, where, dwell),
                lambda: self._between(tx, who, start, end, where, dwell),
            )

    def _between(
        self, tx: Transaction, who: Actor, start: Instant, end: Instant, where: Filter | None, dwell: int
    ) -> Lane:
        asked = self._asked(tx, who, (), where)
        found: list[Activity] = []
        away: list[tuple[int, int]] = []
        for known in self._days(tx, who, start, end):
            day = known.load()
            first, last = max(start, known.start), min(end, known.start + DAY)
            found += self._activities(tx, asked, day, first, last)
            away += day.away_spans(first, last)
        joined = _joined(found)
        if dwell > 0:
            joined = without_short_visits(joined, dwell)
        spans = [(Instant(s), Instant(e)) for s, e in united(away)]
        return Lane(start, end, joined, spans)

    def sums(
        self, who: Actor, cuts: Sequence[Instant], keys: tuple[Key, ...], where: Filter | None = None
    ) -> list[Sums]:
        """Return how long activities lasted between each cut and the next, by the values of some keys."""
        who.require(READ)
        _require_order(cuts)
        with self._database.read() as tx:
            return self._once(
                tx, who, ("sums", tuple(cuts), keys, where), lambda: self._added(tx, who, cuts, keys, where)
            )

    def _added(
        self,
        tx: Transaction,
        who: Actor,
        cuts: Sequence[Instant],
        keys: tuple[Key, ...],
        where: Filter | None,
    ) -> list[Sums]:
        totals: list[ByKey] = [{} for _ in cuts[1:]]
        away = [0] * len(totals)
        asked = self._asked(tx, who, keys, where)
        for known in self._days(tx, who, cuts[0], cuts[-1]) if totals else ():
            places, bounds = _pieces(cuts, known.start, known.start + DAY)
            for place, part in zip(places, self._parts(tx, asked, known, bounds), strict=True):
                total = totals[place]
                for key, lasted in part.by.items():
                    total[key] = total.get(key, 0) + lasted
                away[place] += part.away
        return [Sums(cuts[place], cuts[place + 1], total, away[place]) for place, total in enumerate(totals)]

    async def page(
        self, who: Actor, start: Instant, end: Instant, where: Filter, *, limit: int, dwell: int = 0
    ) -> ActivityPage:
        """Return the first activities of a period with all that is told of them."""
        who.require(READ)
        return await self._database.run_read(
            lambda: self._page(who, start, end, where, limit, dwell), seconds=SECONDS, who=who
        )

    def _page(
        self, who: Actor, start: Instant, end: Instant, where: Filter, limit: int, dwell: int
    ) -> ActivityPage:
        if end - start > MOST_DAYS * DAY:
            raise TooLongToTell(days=MOST_DAYS)
        with self._database.read() as tx:
            activities, away, further = self._first(tx, who, start, end, where, limit, dwell)
            words = self.describe(who, {activity.subject for activity in activities})
            verdicts = [activity.verdict for activity in activities]
            categories = self.names(who, "category", {verdict.category_id for verdict in verdicts})
            projects = self.names(who, "project", {verdict.project_id for verdict in verdicts})
        return ActivityPage(activities, away, further, words, categories, projects)

    def _first(
        self,
        tx: Transaction,
        who: Actor,
        start: Instant,
        end: Instant,
        where: Filter,
        limit: int,
        dwell: int,
    ) -> tuple[list[Activity], list[tuple[Instant, Instant]], Instant | None]:
        """Return the first activities of a period, reading no more days than they take."""
        found: list[Activity] = []
        away: list[tuple[Instant, Instant]] = []
        for known in self._days(tx, who, start, end):
            first = Instant(max(start, known.start))
            lane = self.between(who, first, Instant(min(end, known.start + DAY)), where, dwell=dwell)
            found, away = _joined([*found, *lane.activities]), [*away, *lane.away]
            if len(found) > limit:
                further = found[limit].start
                return found[:limit], [(s, min(e, further)) for s, e in away if s < further], further
        return found, away, None

    async def source_events(self, who: Actor, start: Instant, end: Instant) -> list[SourceEvent]:
        """Return the events that the activities of a period came from."""
        who.require(READ)
        return await self._database.run_read(
            lambda: self.events_of(who, start, end), seconds=SECONDS, who=who
        )

    def spans(
        self, who: Actor, start: Instant, end: Instant, where: Filter | None = None
    ) -> list[tuple[Instant, Instant]]:
        """Return when a person was active within a period; what touches is one."""
        if where is not None and not where.is_empty:
            lane = self.between(who, start, end, where)
            return [(Instant(s), Instant(e)) for s, e in united([(a.start, a.end) for a in lane.activities])]
        who.require(READ)
        with self._database.read() as tx:
            return self._once(tx, who, ("spans", start, end), lambda: self._spans(tx, who, start, end))

    def _spans(
        self, tx: Transaction, who: Actor, start: Instant, end: Instant
    ) -> list[tuple[Instant, Instant]]:
        found = [
            (s, e)
            for known in self._days(tx, who, start, end)
            for s, e, place in known.load().runs(max(start, known.start), min(end, known.start + DAY))
            if place >= FIRST
        ]
        return [(Instant(s), Instant(e)) for s, e in united(found)]

    def describe(self, who: Actor, subjects: Iterable[Subject]) -> Mapping[Subject, Description]:
        """Return subjects in words."""
        who.require(READ)
        with self._database.read() as tx:
            found = described(tx, set(subjects), self._devices(tx, who))
            for words in found.values():
                self._note_app(words)
            notes = store.notes_of(tx, who.workspace_id, {each.mark for each in found if is_said(each)})
            return found | {
                each: msgspec.structs.replace(found[each], title=notes[each.mark])
                for each in found
                if is_said(each) and each.mark in notes
            }

    def names(self, who: Actor, key: Key, values: Iterable[KeyValue]) -> Mapping[KeyValue, str | None]:
        """Return what values of a key are called; None is unassigned."""
        who.require(READ)
        with self._database.read() as tx:
            return dict(self._named(tx, who, key, list(values)))

    def version(self, who: Actor) -> str:
        """Return a word that changes whenever an answer about settled time could."""
        with self._database.read() as tx:
            classifier = self._deciders.classifier(tx, who.workspace_id)
            names = [self._projects.names(tx, who.workspace_id), self._tags.names(tx, who.workspace_id)]
            text = msgspec.json.encode(
                [
                    self.lanes.versions(tx, who),
                    classifier.version,
                    classifier.zone,
                    [sorted(each.items()) for each in names],
                ]
            )
        return hashlib.blake2b(text, digest_size=12).hexdigest()

    def settled(self, who: Actor, now: Instant) -> Instant:
        """Return up to when answers hold until `version` changes.

        Where rules ask how long a visit lasts, that of its beginning is only known once it has lasted.
        """
        with self._database.read() as tx:
            dwell = self._deciders.classifier(tx, who.workspace_id).longest_dwell
        return Instant(settled_before(now) - dwell)

    def events_of(
        self, who: Actor, start: Instant, end: Instant, subject: Subject | None = None
    ) -> list[SourceEvent]:
        """Return the events that the activities of a period came from, in order; of one subject, or all."""
        who.require(READ)
        with self._database.read() as tx:
            subjects = {
                s
                for known in self._days(tx, who, start, end)
                for _, _, s in known.load().stretches(max(start, known.start), min(end, known.start + DAY))
                if subject in (None, s)
            }
            found = list(self._events(tx, who, start, end, subjects))
        return sorted(found, key=lambda event: (event.start, event.end, event.id))[:MOST_EVENTS]

    def forget(self) -> None:
        """Drop what is in memory: some of it was erased."""
        self._sums.forget()
        self._words.forget()
        with self._guard:
            self._app_names, self._shared = {}, {}
            self._names_of = _Memory(0)
        self.lanes.forget()

    def figures(self) -> Mapping[str, HowKept]:
        """Return how well keeping works, by what is kept."""
        return {"days": self.lanes.figures(), "sums": self._sums.figures(), "texts": self._words.figures()}

    def _days(self, tx: Transaction, who: Actor, start: int, end: int) -> Iterator[KnownDay]:
        if end - start > MOST_DAYS * DAY:
            raise TooLongToTell(days=MOST_DAYS)
        return self.lanes.days(tx, who, start, end) if start < end else iter(())

    def _asked(self, tx: Transaction, who: Actor, keys: tuple[Key, ...], where: Filter | None) -> _Asked:
        classifier = self._deciders.classifier(tx, who.workspace_id)
        memory = self._memory(classifier)
        return _Asked(
            who,
            classifier,
            key_of(keys, classifier.tree),
            passes_of(where, classifier.tree),
            needs_words(keys, where),
            memory,
            (who.workspace_id, who.user_id, memory.number, keys, where),
            {},
            {},
        )

    def _memory(self, classifier: Classifier) -> _Memory[Verdict | None]:
        """Return what is remembered of a classifier's verdicts."""
        with self._guard:
            found = self._memories.get(classifier)
            if found is None:
                self._given += 1
                found = self._memories[classifier] = _Memory(self._given)
            return found

    def _parts(
        self, tx: Transaction, asked: _Asked, known: KnownDay, bounds: Sequence[int]
    ) -> Sequence[_Part]:
        """Return the sums of the parts of a day between some bounds, kept where it has settled."""
        if known.version is None:
            return self._summed(tx, asked, known.load(), bounds)[0]
        within = array("q", [bound - known.start for bound in bounds]).tobytes()
        key = (asked.by, known.start, known.version, within)
        kept = self._sums.get(key)
        if kept is None:
            kept, alone = self._summed(tx, asked, known.load(), bounds)
            if alone:
                size = sum(_BYTES_OF_PART + _BYTES_OF_SUM * len(part.by) for part in kept if part.by)
                self._sums.put(key, kept, _BYTES_OF_PARTS + 16 * len(bounds) + size)
        return kept

    def _summed(
        self, tx: Transaction, asked: _Asked, day: LaneDay, bounds: Sequence[int]
    ) -> tuple[tuple[_Part, ...], bool]:
        """Return the sums of the parts of a day, and whether they follow from that day alone."""
        places = day.places_between(bounds[0], bounds[-1])
        found = self._keys(tx, asked, day, places)
        if bounds[-1] - bounds[0] == DAY and len(bounds) == 2 and _OPEN not in found:
            return (_added_up(found, day),), True
        keys = dict(zip(places, found, strict=True))
        parts: list[_Part] = []
        alone = True
        for start, end in pairwise(bounds):
            by: ByKey = {}
            away = 0
            for s, e, place in day.runs(start, end):
                key = keys.get(place)
                if place == AWAY:
                    away += e - s
                elif key is _OPEN:
                    first, last, within = self._visit(tx, asked.who, day, s, e, place)
                    alone = alone and within
                    subject = day.recorded(place)
                    words = self._words_of(tx, asked, day, [place]).get(place)
                    for a, b, plain in asked.classifier.parts(s, e, subject, first, last, tx):
                        verdict = self._stated(asked, day, place, plain)
                        key = self._key(asked, subject.device, verdict, words)
                        if key is not None:
                            by[key] = by.get(key, 0) + b - a
                elif key is not None:
                    by[key] = by.get(key, 0) + e - s
            parts.append(_Part(by, away) if by or away else _NOTHING)
        return tuple(parts), alone

    def _keys(
        self, tx: Transaction, asked: _Asked, day: LaneDay, places: Sequence[int]
    ) -> list[tuple[KeyValue, ...] | None]:
        """Return by what each place of a day counts; None where it does not.

        `_OPEN` stands for what only moments are decided about. What is the same in words counts the same, but
        for what the user corrected, or said about the time.
        """
        essences, known = day.essences, asked.known
        wanted = essences if len(places) == day.count else [essences[place - FIRST] for place in places]
        found: list[Any] = list(map(known.get, wanted, repeat(_UNKNOWN)))
        own = set(self._corrected(asked, day, places))
        if day.stated:
            own.update(place for place in places if place in day.stated)
        missing = {
            essence: place
            for essence, place, key in zip(wanted, places, found, strict=True)
            if key is _UNKNOWN and place not in own
        }
        if missing or own:
            verdicts, words = self._looked_up(tx, asked, day, list({*missing.values(), *own}))
            keys = {
                place: self._key(asked, day.columns[2][place - FIRST], verdict, words.get(place))
                for place, verdict in verdicts.items()
            }
            learnt = {essence: keys[place] for essence, place in missing.items()}
            if len(known) + len(learnt) > MOST_REMEMBERED:
                known.clear()
            known |= learnt
            found = [
                keys[place] if place in keys else learnt[essence] if key is _UNKNOWN else key
                for essence, place, key in zip(wanted, places, found, strict=True)
            ]
        return found

    @staticmethod
    def _key(asked: _Asked, device: int, verdict: Verdict | None, words: Description | None) -> Any:
        """Return by what something counts; None where it does not, `_OPEN` where moments decide."""
        if verdict is None:
            return _OPEN
        if asked.passes is not None and not asked.passes(device, verdict, words):
            return None
        key = asked.key_of(device, verdict, words)
        return asked.keys.setdefault(key, key)

    def _looked_up(
        self, tx: Transaction, asked: _Asked, day: LaneDay, places: Sequence[int]
    ) -> tuple[dict[int, Verdict | None], dict[int, Description]]:
        """Return what was decided about places of a day, and their words where these are asked for."""
        essences = day.essences
        wanted = essences if len(places) == day.count else [essences[place - FIRST] for place in places]
        found = asked.memory.all(wanted)
        decided: dict[int, Verdict | None] = dict(zip(places, found, strict=True))
        missing: dict[int, list[int]] = {}
        for place, known in zip(places, found, strict=True):
            if known is _UNKNOWN:
                missing.setdefault(essences[place - FIRST], []).append(place)
        first = {essence: day.recorded(alike[0]) for essence, alike in missing.items()}
        own = {place: day.recorded(place) for place in self._corrected(asked, day, places)}
        if first or own:
            plain = asked.classifier.plain([*first.values(), *own.values()], tx)
            learnt = {essence: plain[subject] for essence, subject in first.items()}
            asked.memory.keep(learnt)
            decided |= {place: learnt[essence] for essence, alike in missing.items() for place in alike}
            decided |= {place: plain[subject] for place, subject in own.items()}
        for place in day.stated:
            verdict = decided.get(place)
            if verdict is not None:
                decided[place] = self._stated(asked, day, place, verdict)
        return decided, self._words_of(tx, asked, day, places)

    @staticmethod
    def _stated(asked: _Asked, day: LaneDay, place: int, verdict: Verdict) -> Verdict:
        """Return what was decided about a place of a day, the user's word about the time first."""
        said = day.stated.get(place)
        return verdict if said is None else stated(verdict, said.outcome, asked.classifier.tree)

    @staticmethod
    def _corrected(asked: _Asked, day: LaneDay, places: Sequence[int]) -> list[int]:
        """Return the places of subjects of which the user corrected this very payload."""
        corrected = asked.classifier.corrected_payloads
        windows, details, _ = day.columns
        if not corrected or (corrected.isdisjoint(windows) and corrected.isdisjoint(details)):
            return []
        return [p for p in places if windows[p - FIRST] in corrected or details[p - FIRST] in corrected]

    def _words_of(
        self, tx: Transaction, asked: _Asked, day: LaneDay, places: Sequence[int]
    ) -> dict[int, Description]:
        """Return the words of places of a day, as far as they are asked for."""
        if asked.in_words == "none":
            return {}
        memory: _Memory[Description] | Kept[Description]
        memory = self._names_of if asked.in_words == "names" else self._words
        found: dict[int, Description] = {}
        missing: dict[int, list[int]] = {}
        for place in places:
            note = day.note(place) if day.stated else ""
            known = _called(note) if note else memory.get(day.essences[place - FIRST])
            if known is None:
                missing.setdefault(day.essences[place - FIRST], []).append(place)
            else:
                found[place] = known
        if missing:
            first = {essence: day.recorded(alike[0]) for essence, alike in missing.items()}
            read = described(tx, first.values(), self._devices(tx, asked.who))
            for essence, alike in missing.items():
                words = self._remembered(essence, read[first[essence]], asked.in_words)
                found |= dict.fromkeys(alike, words)
        return found

    def _remembered(self, essence: int, words: Description, how: InWords) -> Description:
        """Remember words: all of them, or the names alone, which many share."""
        self._note_app(words)
        if how == "all":
            self._words.put(essence, words, 600 + len(words.title) + 2 * len(words.url))
            return words
        app_name = words.app_name[:LONGEST_APP_NAME]
        names = Description("", words.app, app_name, "", "", words.domain, "", "", "", "", False, False)
        with self._guard:
            if len(self._shared) > MOST_APPS * 4:
                self._shared = {}
            names = self._shared.setdefault((words.app, app_name, words.domain), names)
        self._names_of.keep({essence: names})
        return names

    def _visit(
        self, tx: Transaction, who: Actor, day: LaneDay, start: int, end: int, place: int
    ) -> tuple[int, int, bool]:
        """Return the whole visit that a run belongs to, and whether it lies within its day."""
        first, last = day.visit(start, end, place)
        midnight, next_midnight = day.start, day.start + DAY
        within = first > midnight and last < next_midnight
        subject = day.recorded(place)
        if first == midnight:
            for known in self._days(tx, who, midnight - DAY, midnight):
                first = known.load().visit_before(midnight, subject)
        if last == next_midnight:
            for known in self._days(tx, who, next_midnight, next_midnight + DAY):
                last = known.load().visit_after(next_midnight, subject)
        return first, last, within

    def _activities(
        self, tx: Transaction, asked: _Asked, day: LaneDay, start: int, end: int
    ) -> Iterator[Activity]:
        """Yield the activities of a part of a day that are meant."""
        places = day.places_between(start, end)
        verdicts, words = self._looked_up(tx, asked, day, places)
        subjects = {place: day.subject(place) for place in places}
        passes = asked.passes
        for s, e, place in day.runs(start, end):
            if place < FIRST:
                continue
            subject, plain = subjects[place], verdicts[place]
            if plain is not None:
                if passes is None or passes(subject.device, plain, words.get(place)):
                    yield Activity(Instant(s), Instant(e), subject, plain)
                continue
            first, last, _ = self._visit(tx, asked.who, day, s, e, place)
            for a, b, found in asked.classifier.parts(s, e, day.recorded(place), first, last, tx):
                verdict = self._stated(asked, day, place, found)
                if passes is None or passes(subject.device, verdict, words.get(place)):
                    yield Activity(a, b, subject, verdict)

    def _devices(self, tx: Transaction, who: Actor) -> dict[int, str]:
        return {whole(n): str(name) for n, name in store.device_names(tx, who.workspace_id)}

    def _note_app(self, words: Description) -> None:
        """Remember how watchers write the name of a program."""
        if words.app and words.app_name:
            with self._guard:
                if len(self._app_names) < MOST_APPS or words.app in self._app_names:
                    self._app_names.setdefault(words.app, Counter())[words.app_name[:LONGEST_APP_NAME]] += 1

    def _named(
        self, tx: Transaction, who: Actor, key: Key, values: Sequence[KeyValue]
    ) -> Iterator[tuple[KeyValue, str | None]]:
        workspace = who.workspace_id
        known: Mapping[int, str] = {}
        if key == "project":
            known = self._projects.names(tx, workspace)
        elif key == "tags":
            known = self._tags.names(tx, workspace)
        elif key == "device":
            known = {whole(number): str(name) for number, name in store.device_names(tx, workspace)}
        elif key == "category":
            tree = self._deciders.classifier(tx, workspace).tree
            known = {value: SEPARATOR.join(tree.path(value)) for value in values if isinstance(value, int)}
        for value in values:
            if isinstance(value, tuple):
                yield value, ", ".join(known[tag] for tag in value if tag in known) or None
            elif key in {"project", "category", "device"}:
                yield value, (known.get(value) or None) if isinstance(value, int) else None
            elif key == "app":
                yield value, self._app_name(str(value)) if value else None
            else:
                yield value, None if value in (None, "") else str(value)

    def _app_name(self, app: str) -> str:
        written = self._app_names.get(app)
        if not written:
            return app
        with self._guard:
            return max(written.items(), key=lambda each: (each[1], each[0]))[0]

    def _events(
        self, tx: Transaction, who: Actor, start: int, end: int, subjects: set[Subject]
    ) -> Iterator[SourceEvent]:
        """Yield the events with the payloads of some subjects, and those that tell of presence then."""
        payloads = {(s.device, number) for s in subjects for number in (s.window, s.detail)}
        devices = {s.device for s in subjects}
        reach = self.lanes.options(who).pulsetime
        for bucket in record.buckets_of(tx, who.workspace_id):
            if bucket.type not in USED or bucket.device_id not in devices:
                continue
            for row in record.rows_between(tx, bucket, start - reach, end + reach):
                number, began, ended, payload = (whole(part) for part in row)
                touches = began < end + reach and ended > start - reach
                is_presence = bucket.type == "afkstatus"
                if touches and (is_presence or (bucket.device_id, payload) in payloads):
                    yield SourceEvent(bucket.name, number, Instant(began), Instant(ended))


def is_said(subject: Subject) -> bool:
    """Return whether only somebody's word tells of something."""
    return subject.mark != 0 and subject[:2] == (NOTHING, NOTHING)


def _called(note: str) -> Description:
    """Return what only somebody's word tells of."""
    return msgspec.structs.replace(_NO_WORDS, title=note)


def _pieces(cuts: Sequence[int], start: int, end: int) -> tuple[list[int], list[int]]:
    """Return the pieces into which cuts divide a day: the place of the cut before each, and their bounds."""
    place = max(0, bisect_right(cuts, start) - 1)
    places: list[int] = []
    bounds: list[int] = []
    while place + 1 < len(cuts) and cuts[place] < end:
        first, last = max(start, cuts[place]), min(end, cuts[place + 1])
        if first < last:
            places.append(place)
            bounds += (last,) if bounds else (first, last)
        place += 1
    return places, bounds


def _added_up(keys: Sequence[tuple[KeyValue, ...] | None], day: LaneDay) -> _Part:
    """Return the sums of a whole day, by what each of its places counts."""
    by: defaultdict[tuple[KeyValue, ...] | None, int] = defaultdict(int)
    totals = day.totals
    for key, lasted in zip(keys, islice(totals, FIRST, None), strict=True):
        by[key] += lasted
    return _Part({key: lasted for key, lasted in by.items() if key is not None}, totals[AWAY])


def _require_order(cuts: Sequence[int]) -> None:
    if len(cuts) > MOST_CUTS or any(cuts[at] > cuts[at + 1] for at in range(len(cuts) - 1)):
        raise CutsNotInOrder


def _joined(activities: Iterable[Activity]) -> list[Activity]:
    """Join neighbours that touch and are about the same, as at midnight."""
    joined: list[Activity] = []
    for activity in activities:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.end == activity.start
            and last.subject == activity.subject
            and last.verdict == activity.verdict
        ):
            joined[-1] = last._replace(end=activity.end)
        else:
            joined.append(activity)
    return joined
