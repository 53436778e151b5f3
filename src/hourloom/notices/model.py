"""What a notice is, how its kinds are put into words, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from hourloom.core.changes import Change
from hourloom.core.clock import DAY, Duration, Instant
from hourloom.core.decoding import decode
from hourloom.core.errors import NotFound
from hourloom.core.ids import NoticeId, WorkspaceId
from hourloom.core.log import printable

KEPT_FOR = Duration(30 * DAY)
"""How long a notice that is over can still be listed."""
MOST_STANDING = 500
LONGEST_FACT = 200

NoticeSeverity = Literal["note", "alarm"]
NoticeFact = int | str | None
NoticeFacts = Mapping[str, NoticeFact]


class NoSuchNotice(NotFound):
    """There is no notice with the number {id}."""


class NoticeKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of notice and its words."""

    name: str
    severity: NoticeSeverity
    sentence: str
    """With the names of facts in braces."""
    plainly: str
    """The sentence where a fact is not known."""
    advice: str
    momentary: bool = False
    """It tells of something that happened and does not last: to read it is to be done with it."""

    def in_words(self, facts: NoticeFacts) -> str:
        """Return the sentence, made from the facts."""
        known = {
            name: printable(fact) if isinstance(fact, str) else fact
            for name, fact in facts.items()
            if fact is not None
        }
        try:
            return self.sentence.format_map(known)
        except KeyError:
            return self.plainly


class Notice(msgspec.Struct, frozen=True):
    """Something that the user should know."""

    id: NoticeId
    workspace_id: WorkspaceId
    kind: str
    slot: str
    """Which of several of one kind, such as the bucket that is silent; empty where there can be only one."""
    subject: str
    """The facts, as JSON of numbers and names of buckets and jobs: never titles or URLs."""
    raised_at: Instant
    read_at: Instant | None
    cleared_at: Instant | None

    @property
    def facts(self) -> dict[str, NoticeFact]:
        """Return the facts by their names."""
        return decode(self.subject, dict[str, NoticeFact])


class NoticeRaised(Change, frozen=True):
    """There is something to tell, or its facts are others now."""

    id: NoticeId
    notice_kind: str
    slot: str
    severity: NoticeSeverity
    sentence: str
    advice: str
    facts: dict[str, NoticeFact]
    raised_at: Instant
    read_at: Instant | None


class NoticeCleared(Change, frozen=True):
    """What a notice told of is over."""

    id: NoticeId
    notice_kind: str
    slot: str


class NoticeRead(Change, frozen=True):
    """A notice was read."""

    id: NoticeId
    notice_kind: str
    slot: str
    read_at: Instant


def checked_facts(facts: NoticeFacts) -> dict[str, NoticeFact]:
    """Return facts as they are kept: in one order, long names cut."""
    return {name: _cut(facts[name]) for name in sorted(facts)}


def _cut(fact: NoticeFact) -> NoticeFact:
    return fact[:LONGEST_FACT] if isinstance(fact, str) else fact
