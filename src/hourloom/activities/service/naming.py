"""What the values of keys are called: categories, projects, tags, devices, programs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from hourloom.activities import store
from hourloom.activities.model.category import SEPARATOR
from hourloom.activities.model.lane import Key, KeyValue
from hourloom.activities.model.subject import Description
from hourloom.activities.service.questions import Deciders
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Transaction, whole

MOST_APPS = 1_000
LONGEST_APP_NAME = 200


class Names(Protocol):
    """What projects or tags are called."""

    def names(self, tx: Transaction, workspace: WorkspaceId) -> dict[int, str]:
        """Return their names by their numbers."""
        ...


class AppNames:
    """How watchers write the names of programs, as far as they were read."""

    def __init__(self) -> None:
        self._written: dict[str, Counter[str]] = {}
        self._guard = threading.Lock()

    def note(self, words: Description) -> None:
        """Remember how watchers write the name of a program."""
        if words.app and words.app_name:
            with self._guard:
                if len(self._written) < MOST_APPS or words.app in self._written:
                    self._written.setdefault(words.app, Counter())[words.app_name[:LONGEST_APP_NAME]] += 1

    def of(self, app: str) -> str:
        """Return a program as it is written most often."""
        written = self._written.get(app)
        if not written:
            return app
        with self._guard:
            return max(written.items(), key=lambda each: (each[1], each[0]))[0]

    def forget(self) -> None:
        """Drop all names: some were erased."""
        with self._guard:
            self._written = {}


class Naming:
    """Knows what the values of keys are called."""

    def __init__(self, deciders: Deciders, projects: Names, tags: Names, apps: AppNames) -> None:
        self._deciders, self._projects, self._tags, self._apps = deciders, projects, tags, apps

    def labels(self, tx: Transaction, workspace: WorkspaceId) -> list[dict[int, str]]:
        """Return the names of projects and of tags by their numbers."""
        return [self._projects.names(tx, workspace), self._tags.names(tx, workspace)]

    def named(
        self, tx: Transaction, workspace: WorkspaceId, key: Key, values: Sequence[KeyValue]
    ) -> Iterator[tuple[KeyValue, str | None]]:
        """Yield values of a key with what they are called; None is unassigned."""
        known: Mapping[int, str] = {}
        if key == "project":
            known = self._projects.names(tx, workspace)
        elif key == "tags":
            known = self._tags.names(tx, workspace)
        elif key == "device":
            known = device_names(tx, workspace)
        elif key == "category":
            tree = self._deciders.classifier(tx, workspace).tree
            known = {value: SEPARATOR.join(tree.path(value)) for value in values if isinstance(value, int)}
        for value in values:
            if isinstance(value, tuple):
                yield value, ", ".join(known[tag] for tag in value if tag in known) or None
            elif key in {"project", "category", "device"}:
                yield value, (known.get(value) or None) if isinstance(value, int) else None
            elif key == "app":
                yield value, self._apps.of(str(value)) if value else None
            else:
                yield value, None if value in (None, "") else str(value)


def device_names(tx: Transaction, workspace: WorkspaceId) -> dict[int, str]:
    """Return what the devices of a workspace are called, by their numbers."""
    return {whole(number): str(name) for number, name in store.device_names(tx, workspace)}
