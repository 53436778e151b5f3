"""Questions about activities, made ready: what is meant, by what it counts, what is known already."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from hourloom.activities.classifying import Classifier
from hourloom.activities.model.filter import Filter
from hourloom.activities.model.lane import Key, KeyValue
from hourloom.activities.model.verdict import Verdict
from hourloom.activities.service.choosing import InWords, KeyOf, Passes, key_of, needs_words, passes_of
from hourloom.activities.service.memory import Memory
from hourloom.core.actors import Actor
from hourloom.db.transaction import Transaction


class Deciders(Protocol):
    """Where the classifier of a workspace comes from."""

    def classifier(self, tx: Transaction, workspace_id: int) -> Classifier:
        """Return it as of now."""
        ...


class Question(NamedTuple):
    """A question about activities, made ready."""

    who: Actor
    classifier: Classifier
    key_of: KeyOf
    passes: Passes | None
    in_words: InWords
    memory: Memory[Verdict | None]
    by: tuple[object, ...]
    """What tells its answers from others."""
    keys: dict[tuple[KeyValue, ...], tuple[KeyValue, ...]]
    """Those that occurred: equal ones are one object."""
    known: dict[int, Any]
    """By what activities count that are the same in words."""


class Questions:
    """Makes questions ready; those about equal rules share what was decided."""

    def __init__(self, deciders: Deciders) -> None:
        self._deciders = deciders
        self._memories: WeakKeyDictionary[Classifier, Memory[Verdict | None]] = WeakKeyDictionary()
        self._given = 0
        self._guard = threading.Lock()

    def ready(self, tx: Transaction, who: Actor, keys: tuple[Key, ...], where: Filter | None) -> Question:
        """Return the question how a person's activities are grouped that a filter means."""
        classifier = self._deciders.classifier(tx, who.workspace_id)
        memory = self._memory(classifier)
        return Question(
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

    def _memory(self, classifier: Classifier) -> Memory[Verdict | None]:
        """Return what is remembered of a classifier's verdicts."""
        with self._guard:
            found = self._memories.get(classifier)
            if found is None:
                self._given += 1
                found = self._memories[classifier] = Memory(self._given)
            return found
