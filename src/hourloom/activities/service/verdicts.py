"""What was decided about the subjects of a day: the same of all its time, or from moment to moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hourloom.activities.lane.days import FIRST, LaneDay
from hourloom.activities.model.activity import Activity
from hourloom.activities.model.mark import stated
from hourloom.activities.model.subject import Description
from hourloom.activities.model.verdict import Verdict
from hourloom.activities.service.lanes import Lanes
from hourloom.activities.service.memory import UNKNOWN
from hourloom.activities.service.questions import Question
from hourloom.activities.service.wording import Wording
from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, Instant
from hourloom.db.transaction import Transaction


class Verdicts:
    """Finds what was decided about places of days."""

    def __init__(self, lanes: Lanes, wording: Wording) -> None:
        self._lanes, self._wording = lanes, wording

    def looked_up(
        self, tx: Transaction, asked: Question, day: LaneDay, places: Sequence[int]
    ) -> tuple[dict[int, Verdict | None], dict[int, Description]]:
        """Return what was decided about places of a day, and their words where these are asked for.

        None stands for what only moments are decided about.
        """
        essences = day.essences
        wanted = essences if len(places) == day.count else [essences[place - FIRST] for place in places]
        found = asked.memory.all(wanted)
        decided: dict[int, Verdict | None] = dict(zip(places, found, strict=True))
        missing: dict[int, list[int]] = {}
        for place, known in zip(places, found, strict=True):
            if known is UNKNOWN:
                missing.setdefault(essences[place - FIRST], []).append(place)
        first = {essence: day.recorded(alike[0]) for essence, alike in missing.items()}
        own = {place: day.recorded(place) for place in corrected(asked, day, places)}
        if first or own:
            plain = asked.classifier.plain([*first.values(), *own.values()], tx)
            learnt = {essence: plain[subject] for essence, subject in first.items()}
            asked.memory.keep(learnt)
            decided |= {place: learnt[essence] for essence, alike in missing.items() for place in alike}
            decided |= {place: plain[subject] for place, subject in own.items()}
        for place in day.stated:
            verdict = decided.get(place)
            if verdict is not None:
                decided[place] = _stated(asked, day, place, verdict)
        return decided, self._wording.of(tx, asked, day, places)

    def moments(
        self, tx: Transaction, asked: Question, day: LaneDay, start: int, end: int, place: int
    ) -> tuple[list[tuple[Instant, Instant, Verdict]], bool]:
        """Return what was decided from moment to moment of a run, and whether its day alone decides that."""
        first, last, within = self._visit(tx, asked.who, day, start, end, place)
        parts = asked.classifier.parts(start, end, day.recorded(place), first, last, tx)
        return [(s, e, _stated(asked, day, place, plain)) for s, e, plain in parts], within

    def activities(
        self, tx: Transaction, asked: Question, day: LaneDay, start: int, end: int
    ) -> Iterator[Activity]:
        """Yield the activities of a part of a day that are meant."""
        places = day.places_between(start, end)
        verdicts, words = self.looked_up(tx, asked, day, places)
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
            for a, b, verdict in self.moments(tx, asked, day, s, e, place)[0]:
                if passes is None or passes(subject.device, verdict, words.get(place)):
                    yield Activity(a, b, subject, verdict)

    def _visit(
        self, tx: Transaction, who: Actor, day: LaneDay, start: int, end: int, place: int
    ) -> tuple[int, int, bool]:
        """Return the whole visit that a run belongs to, and whether it lies within its day."""
        first, last = day.visit(start, end, place)
        midnight, next_midnight = day.start, day.start + DAY
        within = first > midnight and last < next_midnight
        subject = day.recorded(place)
        if first == midnight:
            for known in self._lanes.days(tx, who, midnight - DAY, midnight):
                first = known.load().visit_before(midnight, subject)
        if last == next_midnight:
            for known in self._lanes.days(tx, who, next_midnight, next_midnight + DAY):
                last = known.load().visit_after(next_midnight, subject)
        return first, last, within


def corrected(asked: Question, day: LaneDay, places: Sequence[int]) -> list[int]:
    """Return the places of subjects of which the user corrected this very payload."""
    payloads = asked.classifier.corrected_payloads
    windows, details, _ = day.columns
    if not payloads or (payloads.isdisjoint(windows) and payloads.isdisjoint(details)):
        return []
    return [p for p in places if windows[p - FIRST] in payloads or details[p - FIRST] in payloads]


def _stated(asked: Question, day: LaneDay, place: int, verdict: Verdict) -> Verdict:
    """Return what was decided about a place of a day, the user's word about the time first."""
    said = day.stated.get(place)
    return verdict if said is None else stated(verdict, said.outcome, asked.classifier.tree)
