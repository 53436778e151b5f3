"""Ask categorisers, in the background, about what nothing stronger decides; keep their answers."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from hourloom.activities import store
from hourloom.activities.classifying import Classifier, described
from hourloom.activities.model.category import shipped_words
from hourloom.activities.model.subject import NOTHING, Description, Subject
from hourloom.activities.model.verdict import Verdict
from hourloom.activities.ports import Answer, Categoriser, Choice
from hourloom.activities.service.categories import Categories
from hourloom.activities.service.editing import Rulebooks
from hourloom.activities.shipped import WEAK
from hourloom.activities.store import StoredAnswer
from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.errors import HourloomError
from hourloom.db.transaction import Database
from hourloom.jobs.model import Job, Report
from hourloom.jobs.service import Jobs

log = logging.getLogger(__name__)

KIND = "activities.categorise"
EVERY = 600.0
READ_AT_ONCE = 500
ASKED_AT_ONCE = 50
"""Descriptions that a categoriser gets at once; in between the job gives way to whatever is urgent."""
LONGEST_VERSION = 100
CHANGED_MEANWHILE = -1
NOBODY = ""
"""In place of a name, where all were asked and none knew."""


class _Seen(NamedTuple):
    """Up to where everything was looked at, and as of which versions."""

    signature: str
    rules: int
    payload: int


class _Asking(NamedTuple):
    """What holds for one run."""

    signature: str
    classifier: Classifier
    choices: list[Choice]


class Categorising:
    """The categorisers that are there, and when they are asked.

    They are asked about each page, file or window once, in the order in which they were registered, until one
    answers; again when a version changes. What a person said, the user's rules and the shipped table's sure
    answers never reach them, nor do private windows.
    """

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        categories: Categories,
        rulebooks: Rulebooks,
        owner: Actor,
    ) -> None:
        self._database, self._clock, self._jobs = database, clock, jobs
        self._categories, self._rulebooks, self._owner = categories, rulebooks, owner
        self._home = owner.workspace_id
        self._categorisers: list[Categoriser] = []
        self._seen: _Seen | None = None

    def register(self, categoriser: Categoriser) -> None:
        """Ask a categoriser from now on, before the server runs; without any nothing is done at all."""
        if not self._categorisers:
            self._jobs.register_long(KIND, self._work, every=EVERY)
        self._categorisers.append(categoriser)

    def _work(self, _job: Job, report: Report) -> None:
        self.ask(lambda done: report(done, 0))

    def ask(self, report: Callable[[int], None] = lambda done: None) -> int:
        """Ask about all that is new since the last time; return how many answers there are to it."""
        asking, after, answered, done = self._prepared(), 0, 0, 0
        rules = asking.classifier.version
        if self._seen is not None and self._seen[:2] == (asking.signature, rules):
            after = self._seen.payload
        while True:
            open_, last = self._look(asking, after)
            for first in range(0, len(open_), ASKED_AT_ONCE):
                some = open_[first : first + ASKED_AT_ONCE]
                answered += self._asked(asking, some)
                done += len(some)
                report(done)
            if last is None:
                break
            after = last
            report(done)
        # A server that was killed may have stored answers and told nobody.
        tell = answered > 0 or self._seen is None
        version = self._database.write(partial(self._finish, rules, tell=tell))
        self._seen = _Seen(asking.signature, version, after)
        return answered

    def signature(self) -> str:
        """Return a word that changes with the versions of the categorisers."""
        words = [f"{each.name} {_version(each)}" for each in self._categorisers]
        return hashlib.blake2b("\n".join(words).encode(), digest_size=8).hexdigest()

    def _prepared(self) -> _Asking:
        with self._database.read() as tx:
            book = self._rulebooks.read(tx, self._home)
            # One of its own: what others remember stays in the memory of theirs.
            classifier = self._categories.made_of(tx, self._home, book)
        choices = [
            Choice(each.id, book.tree.path(each.id), next(iter(shipped_words(each.shipped)), None))
            for each in book.tree.all
        ]
        return _Asking(self.signature(), classifier, choices)

    def _look(self, asking: _Asking, after: int) -> tuple[list[tuple[Subject, Description]], int | None]:
        """Return what of the next payloads is to be asked about, and the last of them; None for no more."""
        with self._database.read() as tx:
            numbers = store.payloads_after(tx, self._home, after, READ_AT_ONCE)
            subjects = [
                Subject(NOTHING, number, 0) if is_detail else Subject(number, NOTHING, 0)
                for number, is_detail in numbers
            ]
            verdicts = asking.classifier.plain(subjects, tx)
            asking.classifier.forget()
            pairs = [(each.window, each.detail) for each in subjects if _is_open(verdicts.get(each))]
            known = store.answers_about(tx, self._home, pairs)
            wanted = [
                Subject(*pair, 0) for pair in pairs if not self._is_current(known.get(pair), asking.signature)
            ]
            words = described(tx, wanted, {})
        open_ = [(subject, words[subject]) for subject in wanted if _may_be_shown(words[subject])]
        return open_, numbers[-1][0] if numbers else None

    def _is_current(self, answer: StoredAnswer | None, signature: str) -> bool:
        if answer is None:
            return False
        if answer.source == NOBODY:
            return answer.version == signature
        return any(
            (each.name, _version(each)) == (answer.source, answer.version) for each in self._categorisers
        )

    def _asked(self, asking: _Asking, some: Sequence[tuple[Subject, Description]]) -> int:
        """Ask about some, and store what is answered; return how many answers there are."""
        now, known = self._clock.now(), {choice.category_id for choice in asking.choices}
        answers: dict[Subject, StoredAnswer] = {}
        left, all_asked = list(some), True
        for categoriser in self._categorisers:
            said = _said(categoriser, [description for _, description in left], asking.choices)
            all_asked = all_asked and said is not None
            for (subject, _), answer in zip(left, said or [None] * len(left), strict=True):
                if answer is not None and answer.category_id in known:
                    answers[subject] = StoredAnswer(
                        subject.window, subject.detail, categoriser.name, _version(categoriser), *answer, now
                    )
            left = [each for each in left if each[0] not in answers]
        found = len(answers)
        if all_asked:
            for subject, _ in left:
                answers[subject] = StoredAnswer(*subject[:2], NOBODY, asking.signature, None, 0.0, now)
        self._database.write(partial(self._store, list(answers.values())))
        return found

    def _store(self, answers: Sequence[StoredAnswer]) -> None:
        with self._database.begin() as tx:
            store.put_answers(tx, self._home, answers)

    def _finish(self, rules: int, *, tell: bool) -> int:
        """Let verdicts be made anew; return the version from which on there is nothing new to look at."""
        with self._database.begin() as tx:
            store.drop_orphaned_answers(tx, self._home)
            before = store.version(tx, self._home)
            if tell and store.has_answers(tx, self._home):
                self._rulebooks.grow(tx, self._owner)
            return store.version(tx, self._home) if before == rules else CHANGED_MEANWHILE


def _is_open(verdict: Verdict | None) -> bool:
    """Return whether a categoriser may know better: nobody decided, or one did, or the table is not sure."""
    if verdict is None or verdict.category_id is None or verdict.source == "model":
        return True
    return verdict.source in {"table", "keyword"} and verdict.confidence < WEAK


def _may_be_shown(description: Description) -> bool:
    return not description.private and bool(description.title or description.host or description.app)


def _said(
    categoriser: Categoriser, descriptions: Sequence[Description], choices: Sequence[Choice]
) -> Sequence[Answer | None] | None:
    """Return what a categoriser answers; None where it failed, so that it is asked again another time."""
    if not descriptions:
        return []
    try:
        said = categoriser.answer(descriptions, choices)
    except (HourloomError, OSError, ValueError, RuntimeError, ArithmeticError, LookupError) as error:
        log.warning("the categoriser %s failed: %s", categoriser.name, type(error).__name__)
        return None
    if len(said) != len(descriptions):
        log.warning(
            "the categoriser %s gave %d answers to %d", categoriser.name, len(said), len(descriptions)
        )
        return None
    return [answer if answer is not None and 0 <= answer.confidence <= 1 else None for answer in said]


def _version(categoriser: Categoriser) -> str:
    return categoriser.version[:LONGEST_VERSION]
