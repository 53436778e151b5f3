"""Privacy rules: what of an event is dropped or hidden before anybody stores it.

The server applies them at its door, a device before it sends; both get the same from the same rules.

**All rules that match apply.** They look at the event as it came, so their order does not matter for whether
they match. One that drops wins over those that redact; where two redact one field, removing
goes before replacing and that before cutting to the site; of two texts that of the earlier rule stays.
What comes out is looked at again until nothing changes any more, so applying rules twice is applying them
once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import Annotated, Literal, Protocol, cast

import msgspec
from msgspec import Meta

from hourloom.core import strict_json
from hourloom.core.apps import app_identity, is_private
from hourloom.core.clock import DAY, MINUTE, datetime_of
from hourloom.core.urls import ascii_host, host_of, is_within, site_of

MOST_RULES = 500
LONGEST_PATTERN = 1_000
MEMORY_OF_A_PATTERN = 256 * 1024
"""Bytes that RE2 may use for one pattern: 500 of them stay below 128 MiB whatever they are."""

MOST_ROUNDS = 16
"""So often rules look at what they left; an event that still changes then is dropped."""

HIDDEN = "hidden"

Where = Literal["app", "url", "domain", "title", "any", "field"]
Form = Literal["contains", "is", "domain", "re2"]
Action = Literal["drop", "redact"]
Redaction = Literal["replace", "origin", "remove"]

Data = dict[str, object]
Text = Annotated[str, Meta(max_length=200)]
FieldName = Annotated[str, Meta(min_length=1, max_length=100)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](?!\n)$")]
Weekday = Annotated[int, Meta(ge=1, le=7)]

KEPT_AS_THEY_ARE = frozenset({"app", "package", "status", "incognito", "private", "audible", "tabCount"})
"""What a redaction that names no fields leaves alone, for it tells nothing of content."""

_STRENGTH: dict[str, int] = {"origin": 1, "replace": 2, "remove": 3}


class Times(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times of day in the user's zone; over midnight where they end before they start."""

    starts: TimeOfDay = "00:00"
    ends: TimeOfDay = "00:00"
    """Equal to `starts`: the whole day."""
    weekdays: Annotated[list[Weekday], Meta(max_length=7)] = []
    """1 is Monday, 7 Sunday; of the day on which they start. None means every day."""


class PrivacyRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Says which events are dropped or redacted before they are stored."""

    id: int = 0
    position: int = 0
    enabled: bool = True
    name: Text = ""
    where: Where = "any"
    form: Form = "contains"
    pattern: Annotated[str, Meta(max_length=LONGEST_PATTERN)] = ""
    """What is looked for; nothing: every event that meets the other conditions."""
    field: FieldName | None = None
    """Where to look when `where` is `field`: a key of the data, or a path of keys with dots."""
    bucket_types: Annotated[list[Text], Meta(max_length=50)] = []
    """Only in buckets of these types; none means all."""
    private: bool | None = None
    """True: only in private windows. False: only outside of them."""
    times: Times | None = None
    action: Action = "drop"
    fields: Annotated[dict[FieldName, Redaction], Meta(max_length=50)] = {}
    """What becomes of which field; none: all that tells of content."""
    replacement: Text = HIDDEN


class Verdict(msgspec.Struct, frozen=True):
    """What rules leave of an event's data, and the places of those that applied."""

    data: Data | None
    applied: tuple[int, ...] = ()

    @property
    def changed(self) -> bool:
        """Return whether anything is dropped or hidden."""
        return bool(self.applied)


class _Pattern(Protocol):
    def search(self, text: str) -> object | None: ...


Test = Callable[[Mapping[str, object]], bool]


class Ruleset:
    """Rules made ready to be applied; those that are switched off or faulty do nothing."""

    def __init__(self, rules: Sequence[PrivacyRule]) -> None:
        self.rules = [rule for rule in rules if rule.enabled and problem_of(rule) is None]
        self._tests = [_test_of(rule) for rule in self.rules]
        self._timed = [(n, rule.times) for n, rule in enumerate(self.rules) if rule.times is not None]
        self._untimed = sum(1 << n for n, rule in enumerate(self.rules) if rule.times is None)
        self._texts = {rule.replacement for rule in self.rules if rule.action == "redact"}

    def __bool__(self) -> bool:
        return bool(self.rules)

    @property
    def is_timed(self) -> bool:
        """Return whether some rule holds at times only."""
        return bool(self._timed)

    def active(self, at: int, zone: tzinfo, until: int | None = None) -> int:
        """Return which rules count for an event, as the bits of a number: those whose times it meets."""
        if not self._timed:
            return self._untimed
        found = self._untimed
        for n, times in self._timed:
            if _meets(times, at, at if until is None else until, zone):
                found |= 1 << n
        return found

    def judge(self, bucket_type: str, data: Mapping[str, object], active: int) -> Verdict:
        """Return what the active rules leave of an event's data."""
        left, applied = dict(data), set[int]()
        for _ in range(MOST_ROUNDS):
            found = [n for n in self._counting(bucket_type, active) if self._tests[n](left)]
            applied |= set(found)
            if any(self.rules[n].action == "drop" for n in found):
                return Verdict(None, tuple(sorted(applied)))
            redacted = self._redacted(left, found)
            if redacted == left:
                break
            left = redacted
        else:
            return Verdict(None, tuple(sorted(applied)))
        return Verdict(left, tuple(sorted(applied)) if left != data else ())

    def _counting(self, bucket_type: str, active: int) -> Iterator[int]:
        for n, rule in enumerate(self.rules):
            if active >> n & 1 and (not rule.bucket_types or bucket_type in rule.bucket_types):
                yield n

    def _redacted(self, data: Data, found: Sequence[int]) -> Data:
        wanted: dict[str, tuple[Redaction, str]] = {}
        for n in found:
            rule = self.rules[n]
            for name, how in (rule.fields or _all_content(data)).items():
                before = wanted.get(name)
                if before is None or _STRENGTH[how] > _STRENGTH[before[0]]:
                    wanted[name] = how, rule.replacement
        left = data
        for name, (how, text) in wanted.items():
            left = self._with(left, name, how, text)
        return left

    def _with(self, data: Data, name: str, how: Redaction, text: str) -> Data:
        """Return data in which one field is redacted, which may lie deeper."""
        if name in data:
            value = self._value(data[name], how, text)
            if value is None:
                return {key: each for key, each in data.items() if key != name}
            return {**data, name: value}
        first, _, rest = name.partition(".")
        inner = data.get(first)
        if not rest or not isinstance(inner, dict):
            return data
        return {**data, first: self._with(inner, rest, how, text)}

    def _value(self, value: object, how: Redaction, text: str) -> object:
        if how == "remove":
            return None
        if isinstance(value, str) and value in self._texts:
            return value
        if how == "origin":
            return site_of(value) if isinstance(value, str) else None
        return text


def apply(
    rules: Ruleset,
    bucket_type: str,
    data: Mapping[str, object],
    at: int,
    zone: tzinfo,
    until: int | None = None,
) -> Data | None:
    """Return what may be stored of an event's data, or None where the event is to be dropped.

    An event that lasts `until` later meets the times of a rule with any of its moments.
    """
    return rules.judge(bucket_type, data, rules.active(at, zone, until)).data


def problem_of(rule: PrivacyRule) -> str | None:
    """Return why a rule cannot be used, in words for who wrote it; None where it can."""
    if (rule.where == "field") != (rule.field is not None):
        return '`field` is given with `where` = "field", and only then'
    if rule.form == "domain" and rule.where not in ("domain", "url"):
        return 'the form "domain" looks at `where` = "domain" or "url"'
    if not rule.pattern and rule.private is None and rule.times is None and not rule.bucket_types:
        return "it would meet every event: give a pattern, times, types of buckets or `private`"
    if not rule.pattern and rule.form != "contains":
        return "give a pattern"
    if rule.action == "drop" and rule.fields:
        return "a rule that drops redacts no fields"
    return _problem_of_pattern(rule) if rule.form in ("re2", "domain") else None


def version_of(rules: Sequence[PrivacyRule], zone: str = "") -> str:
    """Return a word that changes with rules and with the zone that their times are told in."""
    ordered = sorted(rules, key=lambda rule: (rule.position, rule.id))
    text = strict_json.canonical([msgspec.to_builtins(ordered), zone])
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _problem_of_pattern(rule: PrivacyRule) -> str | None:
    if rule.form == "domain":
        return None if ascii_host(_bare(rule.pattern)) else "give a domain such as bank.example"
    try:
        _compiled(rule.pattern)
    except ValueError as error:
        return f"the pattern cannot be used: {error}"
    return None


@lru_cache(maxsize=MOST_RULES)
def _compiled(pattern: str) -> _Pattern:
    """Compile an RE2 pattern within its bounds, or raise a ValueError that says what is wrong with it."""
    # Most people have no patterns, and the device program then never loads it.
    import re2  # noqa: PLC0415

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY_OF_A_PATTERN
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0]
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(text[:200]) from None
    except UnicodeError:
        raise ValueError("it holds half of a surrogate pair, which is no character") from None
    return cast("_Pattern", compiled)


def forget_patterns() -> None:
    """Drop compiled patterns: rules were erased."""
    _compiled.cache_clear()


def _test_of(rule: PrivacyRule) -> Test:
    found, private = _text_test(rule), rule.private
    if private is None:
        return found
    return lambda data: is_private(data) is private and found(data)


def _text_test(rule: PrivacyRule) -> Test:
    if not rule.pattern:
        return lambda _: True
    texts, matches = _texts_of(rule), _matches(rule)
    return lambda data: any(matches(text) for text in texts(data))


def _matches(rule: PrivacyRule) -> Callable[[str], bool]:
    if rule.form == "re2":
        search = _compiled(rule.pattern).search
        return lambda text: search(text) is not None
    if rule.form == "domain":
        domain = ascii_host(_bare(rule.pattern))
        return lambda text: is_within(host_of(text), domain)
    wanted = rule.pattern.casefold()
    if rule.form == "contains":
        return lambda text: wanted in text.casefold()
    if rule.where == "app":
        identity = app_identity(rule.pattern)
        return lambda text: text.casefold() == wanted or app_identity(text) == identity
    return lambda text: text.casefold() == wanted


def _texts_of(rule: PrivacyRule) -> Callable[[Mapping[str, object]], Iterator[str]]:
    if rule.where == "any":
        return _all_texts
    if rule.where == "app":
        return lambda data: _given(data, ("app", "package", "editor"))
    if rule.where == "domain" and rule.form != "domain":
        return lambda data: (host_of(url) for url in _given(data, ("url",)))
    if rule.where == "field":
        path = rule.field or ""
        return lambda data: _at(data, path)
    name = "title" if rule.where == "title" else "url"
    return lambda data: _given(data, (name,))


def _given(data: Mapping[str, object], keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        value = data.get(key)
        if isinstance(value, str):
            yield value


def _at(data: Mapping[str, object], path: str) -> Iterator[str]:
    if path in data:
        yield from _all_texts(data[path])
        return
    first, _, rest = path.partition(".")
    inner = data.get(first)
    if rest and isinstance(inner, dict):
        yield from _at(inner, rest)


def _all_texts(value: object) -> Iterator[str]:
    """Go through all texts in JSON, whose depth is bounded where it came in."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _all_texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _all_texts(each)


def _all_content(data: Data) -> dict[str, Redaction]:
    """Return how to redact all that tells of content: texts are replaced, of a URL the site stays."""
    return {
        name: _usual(name, value)
        for name, value in data.items()
        if name not in KEPT_AS_THEY_ARE and isinstance(value, str | list | dict)
    }


def _usual(name: str, value: object) -> Redaction:
    if name == "url":
        return "origin"
    return "replace" if isinstance(value, str) else "remove"


def _bare(pattern: str) -> str:
    """Return the domain of what people write for one: a URL, `*.bank.example`, `.bank.example`."""
    text = pattern.strip().removeprefix("*.")
    return host_of(text) if "://" in text else text.partition("/")[0]


def _meets(times: Times, at: int, until: int, zone: tzinfo) -> bool:
    """Return whether a moment between two instants, both included, lies within times of day."""
    if until - at >= 8 * DAY:
        return True
    starts, ends = _minutes(times.starts), _minutes(times.ends)
    length = (ends - starts) % (24 * 60) or 24 * 60
    first, last = _local_minute(at, zone), _local_minute(max(at, until), zone)
    # A period that began the day before may reach into the first day.
    for day in range(first // 1440 - 1, last // 1440 + 1):
        begins = day * 1440 + starts
        if begins <= last and first < begins + length and _on(times, day):
            return True
    return False


def _on(times: Times, day: int) -> bool:
    # The first of January 1970 was a Thursday.
    return not times.weekdays or (day + 3) % 7 + 1 in times.weekdays


def _local_minute(at: int, zone: tzinfo) -> int:
    """Return how many minutes a clock on the wall counted since 1970."""
    offset = datetime_of(at).astimezone(zone).utcoffset()
    ahead = 0 if offset is None else int(offset.total_seconds())
    return (at // 1_000_000 + ahead) * 1_000_000 // MINUTE


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
