"""Keep ActivityWatch's setting `classes` in step with the categories here, both ways."""

from __future__ import annotations

import msgspec

from hourloom.activities.model.classes import Class, ClassesNotValid, Json, classes_of, shown, taken_over
from hourloom.activities.model.rulebook import Rulebook
from hourloom.activities.service.editing import CLASSES, READ, WRITE, Rulebooks
from hourloom.activities.service.rules import require_room_for_patterns
from hourloom.core.actors import Actor
from hourloom.core.decoding import decode
from hourloom.db.transaction import Transaction
from hourloom.settings.service import Settings

KEY = "classes"
STEP = "classes"
NOTHING = frozenset({"null", "false", "0", '""'})
"""What ActivityWatch's own server takes for forgetting a key: the categories stay as they are."""


class Classes:
    """The setting `classes`, which is another view of the categories and of rules with one pattern."""

    reading, writing = READ, WRITE

    def __init__(self, rulebooks: Rulebooks, settings: Settings) -> None:
        self._rulebooks, self._settings = rulebooks, settings
        settings.share(KEY, self)
        rulebooks.tell(self._edited)
        rulebooks.take_back_with(STEP, self._take_back)

    def offered(self, tx: Transaction, who: Actor) -> str | None:
        """Return the categories as a list that nobody wrote yet; None where there are none."""
        found = shown([], Rulebook(), self._rulebooks.read(tx, who.workspace_id))
        return _text(found) if found else None

    def written(self, tx: Transaction, who: Actor, was: str | None, text: str) -> None:
        """Take over what a client changed in the list."""
        if text.strip() in NOTHING:
            return
        are = classes_of(decode(text))
        before = self._rulebooks.read(tx, who.workspace_id)
        after = taken_over(before, _known(before, was, {each.path for each in are}), are)
        require_room_for_patterns(after.rules.values())
        self._rulebooks.save(tx, who, CLASSES, before, after, {STEP: was})

    def _edited(self, tx: Transaction, who: Actor, before: Rulebook, after: Rulebook) -> None:
        """Write an edit that was made here into the list, where there is one."""
        was = self._settings.shared_value(tx, who, KEY)
        entries = _entries(was)
        if entries is None:
            return
        text = _text(shown(entries, before, after))
        if text != was:
            self._settings.put_shared_value(tx, who, KEY, text)

    def _take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        self._settings.put_shared_value(tx, who, KEY, decode(was, str | None))


def _known(book: Rulebook, was: str | None, now: set[tuple[str, ...]]) -> list[Class]:
    """Return the list that a client changed: what it wrote last, else what it was offered, if it saw that."""
    entries = _entries(was)
    if entries is not None:
        return classes_of(entries)
    offered = classes_of(shown([], Rulebook(), book))
    seen = sum(each.path in now for each in offered)
    return offered if 2 * seen >= len(offered) else []


def _entries(text: str | None) -> list[Json] | None:
    """Return the list that is kept; None where there is none, or an older version took in another thing."""
    if text is None:
        return None
    found = decode(text)
    try:
        classes_of(found)
    except ClassesNotValid:
        return None
    return list(found)


def _text(entries: list[Json]) -> str:
    return msgspec.json.encode(entries).decode()
