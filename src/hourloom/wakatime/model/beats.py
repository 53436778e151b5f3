"""One moment in an editor: from what a plug-in sends, in whatever shape, to what is stored."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

from hourloom.core.clock import EARLIEST, LATEST, SECOND, Duration, Instant
from hourloom.core.errors import TooLarge
from hourloom.tracking.reduction import domain_of
from hourloom.wakatime.model.agents import UNKNOWN, agent_of

BUCKET_TYPE = "app.editor.beat"
"""Of the buckets that hold beats; ActivityWatch's queries for windows, sites and editors overlook it."""

LONGEST_ENTITY, LONGEST_WORD, LONGEST_AGENT = 2_000, 200, 500
MOST_DEPENDENCIES = 100
MOST_AT_ONCE = 1_000
LARGEST_NUMBER = 2**31 - 1

LAST = {"project": "<<LAST_PROJECT>>", "branch": "<<LAST_BRANCH>>", "language": "<<LAST_LANGUAGE>>"}
"""What a plug-in sends where it wants the last value used again."""
SITES = frozenset({"domain", "url"})

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_NOT_IN_NAMES = re.compile(r"[/\s\x00-\x1f\x7f\ufffd]+")

Json = dict[str, Any]  # a JSON object as somebody sent it


class TooManyBeats(TooLarge):
    """More than {most} heartbeats came at once."""


class Beat(msgspec.Struct, frozen=True, omit_defaults=True):
    """One moment in an editor; its fields are the payload of an event without length."""

    entity: str = ""
    url: str | None = None
    """In place of the entity where that is a page or a site, so that rules for those see it."""
    type: str = "file"
    category: str | None = None
    project: str | None = None
    branch: str | None = None
    language: str | None = None
    is_write: bool | None = None
    lines: int | None = None
    lineno: int | None = None
    cursorpos: int | None = None
    line_additions: int | None = None
    line_deletions: int | None = None
    project_root_count: int | None = None
    dependencies: tuple[str, ...] = ()
    editor: str = msgspec.field(default=UNKNOWN, name="app")
    operating_system: str = UNKNOWN
    user_agent: str | None = None
    ai_model: str | None = None
    ai_session: str | None = None
    ai_input_tokens: int | None = None
    ai_output_tokens: int | None = None
    ai_prompt_length: int | None = None
    ai_line_changes: int | None = None
    human_line_changes: int | None = None

    @property
    def identity(self) -> tuple[str | None, ...]:
        """Return what makes two beats of one moment the same one."""
        return (self.entity or self.url, self.type, self.project, self.branch, self.language)


class SentBeat(msgspec.Struct, frozen=True):
    """A beat with its moment and the computer that it came from."""

    at: Instant
    machine: str
    beat: Beat


class BeatSender(msgspec.Struct, frozen=True):
    """What a request says of all its beats, for those that do not say it themselves."""

    user_agent: str = ""
    machine: str = ""


class BeatLimits(msgspec.Struct, frozen=True):
    """How old a beat may be, and how far ahead the clock of its computer."""

    oldest: Duration
    newest: Duration


class BeatFault(msgspec.Struct, frozen=True):
    """Why a beat is not taken, by its field."""

    field: str
    reason: str


Read = SentBeat | BeatFault


def read_beat(item: object, sender: BeatSender, limits: BeatLimits, now: Instant) -> Read:
    """Return a beat as it is stored, or why it cannot be."""
    if not isinstance(item, dict):
        return BeatFault("heartbeat", "This is not a JSON object.")
    at = instant_in(item.get("time"))
    entity = text_in(item.get("entity"), LONGEST_ENTITY)
    if isinstance(at, BeatFault):
        return at
    if entity is None:
        return BeatFault("entity", "This field is required.")
    if at < now - limits.oldest:
        return BeatFault("time", "This heartbeat is too old.")
    if at > now + limits.newest:
        return BeatFault("time", "This heartbeat lies in the future.")
    machine = word_in(item.get("machine")) or word_in(unquote(sender.machine)) or UNKNOWN
    return SentBeat(at, machine, _beat(item, entity, sender))


def _beat(item: Json, entity: str, sender: BeatSender) -> Beat:
    shown = (
        text_in(item.get("user_agent"), LONGEST_AGENT)
        or text_in(item.get("plugin"), LONGEST_AGENT)
        or text_in(sender.user_agent, LONGEST_AGENT)
    )
    agent = agent_of(shown or "")
    category = word_in(item.get("category"))
    kind = (word_in(item.get("type")) or "file").lower()
    return Beat(
        entity="" if kind in SITES else entity,
        url=_address(kind, entity) if kind in SITES else None,
        type=kind,
        category=None if category is None else category.lower(),
        project=word_in(item.get("project")),
        branch=word_in(item.get("branch")),
        language=word_in(item.get("language")),
        is_write=_truth(item.get("is_write")),
        lines=_number(item.get("lines")),
        lineno=_number(item.get("lineno")),
        cursorpos=_number(item.get("cursorpos")),
        line_additions=_number(item.get("line_additions")),
        line_deletions=_number(item.get("line_deletions")),
        project_root_count=_number(item.get("project_root_count")),
        dependencies=_words(item.get("dependencies")),
        editor=agent.editor,
        operating_system=agent.operating_system,
        user_agent=shown,
        ai_model=word_in(item.get("ai_model")),
        ai_session=word_in(item.get("ai_session")),
        ai_input_tokens=_number(item.get("ai_input_tokens")),
        ai_output_tokens=_number(item.get("ai_output_tokens")),
        ai_prompt_length=_number(item.get("ai_prompt_length")),
        ai_line_changes=_number(item.get("ai_line_changes")),
        human_line_changes=_number(item.get("human_line_changes")),
    )


def wants_last(beat: Beat) -> list[str]:
    """Return the fields in which a beat asks for the last value."""
    return [field for field, word in LAST.items() if getattr(beat, field) == word]


def with_last(beat: Beat, last: Callable[[str], str | None], *, also_sites: bool) -> Beat:
    """Return a beat with the last values where it asks for them; a site's beat gets none unless wanted."""
    wanted = wants_last(beat)
    if not wanted:
        return beat
    filled = also_sites or beat.type not in SITES
    return msgspec.structs.replace(beat, **{field: last(field) if filled else None for field in wanted})


def bucket_name(editor: str, machine: str) -> str:
    """Return the name of the bucket of an editor on a computer."""
    named = _NOT_IN_NAMES.sub("-", editor.lower()).strip("-") or UNKNOWN
    return f"editor-{named}_{_NOT_IN_NAMES.sub('-', machine)[:100]}"


def payload_of(beat: Beat) -> bytes:
    """Return a beat as the data of its event."""
    return msgspec.json.encode(beat)


def identity_in(data: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Return the identity of a beat that is stored."""
    return (
        data.get("entity") or data.get("url"),
        data.get("type", "file"),
        data.get("project"),
        data.get("branch"),
        data.get("language"),
    )


def entity_in(data: Mapping[str, Any]) -> str:
    """Return what a beat that is stored is about: a file, an app, a page or a site."""
    url = data.get("url")
    if not isinstance(url, str):
        return str(data.get("entity") or "")
    return (domain_of(url) or url) if data.get("type") == "domain" else url


def _address(kind: str, entity: str) -> str:
    return entity if kind == "url" or "://" in entity else f"https://{entity}/"


def instant_in(value: object, field: str = "time") -> Instant | BeatFault:
    """Read a moment: seconds as a number or as a text, as browsers send it."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return BeatFault(field, "This field is required.")
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return BeatFault(field, "This is not a number.")
    if not math.isfinite(seconds) or not EARLIEST <= seconds * SECOND < LATEST:
        return BeatFault(field, "This is no time.")
    return Instant(round(seconds * SECOND))


def text_in(value: object, most: int) -> str | None:
    """Read a text; whatever is empty or none is left out, what is too long is cut."""
    if not isinstance(value, str):
        return None
    return _UNPRINTABLE.sub(" ", value[: 2 * most]).strip()[:most] or None


def word_in(value: object) -> str | None:
    """Read a name of at most 200 characters."""
    return text_in(value, LONGEST_WORD)


def _words(value: object) -> tuple[str, ...]:
    parts: Sequence[object] = (
        value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    )
    return tuple(
        dict.fromkeys(word for part in parts[:MOST_DEPENDENCIES] if (word := word_in(part)) is not None)
    )


def _number(value: object) -> int | None:
    """Read a count, which some programs write as a text; what is none is left out."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return int(number) if abs(number) <= LARGEST_NUMBER else None


def _truth(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int) else None
