"""Subjects in words: read from the record, and remembered as far as that pays."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from hourloom.activities import store
from hourloom.activities.classifying import described
from hourloom.activities.lane.days import FIRST, LaneDay
from hourloom.activities.model.subject import NOTHING, Description, Subject
from hourloom.activities.service.choosing import InWords
from hourloom.activities.service.kept import HowKept, Kept
from hourloom.activities.service.memory import Memory
from hourloom.activities.service.naming import LONGEST_APP_NAME, MOST_APPS, AppNames, device_names
from hourloom.activities.service.questions import Question
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Transaction

MOST_WORDS_BYTES = 3 * 1024 * 1024
_NO_WORDS = Description("", "", "", "", "", "", "", "", "", "", False, False)


class Wording:
    """Reads subjects in words."""

    def __init__(self, apps: AppNames) -> None:
        self._apps = apps
        self._words: Kept[Description] = Kept(MOST_WORDS_BYTES)
        self._names: Memory[Description] = Memory(0)
        """Of programs and sites alone."""
        self._shared: dict[tuple[str, str, str], Description] = {}
        self._guard = threading.Lock()

    def described(
        self, tx: Transaction, workspace: WorkspaceId, subjects: Iterable[Subject]
    ) -> Mapping[Subject, Description]:
        """Return subjects in words; what only somebody's word tells of is called as they called it."""
        found = described(tx, set(subjects), device_names(tx, workspace))
        for words in found.values():
            self._apps.note(words)
        notes = store.notes_of(tx, workspace, {each.mark for each in found if _is_said(each)})
        return found | {
            each: msgspec.structs.replace(found[each], title=notes[each.mark])
            for each in found
            if _is_said(each) and each.mark in notes
        }

    def of(
        self, tx: Transaction, asked: Question, day: LaneDay, places: Sequence[int]
    ) -> dict[int, Description]:
        """Return the words of places of a day, as far as they are asked for."""
        if asked.in_words == "none":
            return {}
        memory: Memory[Description] | Kept[Description]
        memory = self._names if asked.in_words == "names" else self._words
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
            read = described(tx, first.values(), device_names(tx, asked.who.workspace_id))
            for essence, alike in missing.items():
                words = self._remembered(essence, read[first[essence]], asked.in_words)
                found |= dict.fromkeys(alike, words)
        return found

    def forget(self) -> None:
        """Drop what is remembered: some of it was erased."""
        self._words.forget()
        self._apps.forget()
        with self._guard:
            self._shared = {}
            self._names = Memory(0)

    def figures(self) -> HowKept:
        """Return how well keeping texts works."""
        return self._words.figures()

    def _remembered(self, essence: int, words: Description, how: InWords) -> Description:
        """Remember words: all of them, or the names alone, which many share."""
        self._apps.note(words)
        if how == "all":
            self._words.put(essence, words, 600 + len(words.title) + 2 * len(words.url))
            return words
        app_name = words.app_name[:LONGEST_APP_NAME]
        names = Description("", words.app, app_name, "", "", words.domain, "", "", "", "", False, False)
        with self._guard:
            if len(self._shared) > MOST_APPS * 4:
                self._shared = {}
            names = self._shared.setdefault((words.app, app_name, words.domain), names)
        self._names.keep({essence: names})
        return names


def _is_said(subject: Subject) -> bool:
    """Return whether only somebody's word tells of something."""
    return subject.mark != 0 and subject[:2] == (NOTHING, NOTHING)


def _called(note: str) -> Description:
    """Return what only somebody's word tells of."""
    return msgspec.structs.replace(_NO_WORDS, title=note)
