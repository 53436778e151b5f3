"""Filters of other programs, read as privacy rules; one that cannot be is a value with its reason.

ActivityWatch (aw-server-rust, setting `privacy_filters`):
    [{"enabled": true, "bucket_prefix": "aw-watcher-window", "field": "title", "pattern": "(?i)bank",
      "action": "redact", "replacement": "REDACTED"}]

ProductivityPro (table `exclusions`):
    [{"id": 1, "type": "app", "pattern": "^KeePass"}]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from hourloom.core.decoding import convert
from hourloom.core.errors import Invalid
from hourloom.core.privacy import HIDDEN, MOST_RULES, PrivacyRule, Redaction, problem_of

KNOWN_PREFIXES = {
    "aw-watcher-window": "currentwindow",
    "aw-watcher-web": "web.tab.current",
    "aw-watcher-afk": "afkstatus",
    "aw-watcher-vscode": "app.editor.activity",
    "aw-watcher-vim": "app.editor.activity",
    "aw-watcher-jetbrains": "app.editor.activity",
}
"""Types of the buckets that names beginning like this have, whether they are here or not."""

WHERE = {"app": "app", "title": "title", "url": "url"}
LISTS = ("privacy_filters", "exclusions", "filters", "rules")


class NotFilters(Invalid):
    """These are no filters: give a list, or an object that holds one as `privacy_filters` or `exclusions`."""


class FilterRefused(msgspec.Struct, frozen=True):
    """Why a filter could not become a rule."""

    reason: str


class _Filter(msgspec.Struct, frozen=True):
    pattern: str
    action: str
    enabled: bool = True
    bucket_prefix: str | None = None
    field: str | None = None
    replacement: str | None = None


class _Exclusion(msgspec.Struct, frozen=True):
    type: str
    pattern: str


def imported(value: object, buckets: Sequence[tuple[str, str]] = ()) -> list[PrivacyRule | FilterRefused]:
    """Return what each filter becomes; `buckets` are the names and types of those that are here."""
    listed = value
    if isinstance(value, Mapping):
        listed = next((value[name] for name in LISTS if name in value), None)
    if not isinstance(listed, list) or len(listed) > MOST_RULES:
        raise NotFilters
    return [_rule(each, buckets) for each in listed]


def _rule(value: object, buckets: Sequence[tuple[str, str]]) -> PrivacyRule | FilterRefused:
    try:
        made = (
            _of_filter(convert(value, _Filter), buckets)
            if isinstance(value, Mapping) and "action" in value
            else _of_exclusion(convert(value, _Exclusion))
        )
        if isinstance(made, FilterRefused):
            return made
        # The bounds of every text.
        rule = convert(msgspec.to_builtins(made), PrivacyRule)
    except msgspec.ValidationError as error:
        return FilterRefused(str(error)[:200])
    problem = problem_of(rule)
    return rule if problem is None else FilterRefused(problem)


def _of_filter(given: _Filter, buckets: Sequence[tuple[str, str]]) -> PrivacyRule | FilterRefused:
    if given.action not in ("drop", "redact"):
        return FilterRefused("its action is neither drop nor redact")
    types = _types(given.bucket_prefix, buckets)
    if given.bucket_prefix and not types:
        return FilterRefused("no bucket here has a name that begins so")
    drops = given.action == "drop"
    if given.field is None and not drops:
        return FilterRefused("it redacts no field")
    if not drops and given.replacement is None:
        return FilterRefused("it has no replacement, so it changes nothing")
    fields: dict[str, Redaction] = {} if drops or given.field is None else {given.field: "replace"}
    known = given.field in WHERE
    return PrivacyRule(
        enabled=given.enabled,
        name="from ActivityWatch",
        where="any" if given.field is None else "field" if not known else WHERE[given.field or ""],  # type: ignore[arg-type]
        field=given.field if given.field is not None and not known else None,
        # Without a field its pattern is not looked at there either.
        form="contains" if given.field is None else "re2",
        pattern="" if given.field is None else given.pattern,
        bucket_types=types,
        action="drop" if drops else "redact",
        fields=fields,
        replacement=HIDDEN if given.replacement is None else given.replacement,
    )


def _of_exclusion(given: _Exclusion) -> PrivacyRule | FilterRefused:
    if given.type not in WHERE:
        return FilterRefused("its type is none of app, url and title")
    return PrivacyRule(
        name="from ProductivityPro",
        where=WHERE[given.type],  # type: ignore[arg-type]
        form="re2",
        pattern=given.pattern,
        action="drop",
    )


def _types(prefix: str | None, buckets: Sequence[tuple[str, str]]) -> list[str]:
    if not prefix:
        return []
    here = {kind for name, kind in buckets if name.startswith(prefix)}
    known = {kind for start, kind in KNOWN_PREFIXES.items() if prefix.startswith(start)}
    return sorted(here | known)
