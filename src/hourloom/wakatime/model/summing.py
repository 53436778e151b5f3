"""What spans come to: totals by project, language and so on, in WakaTime's words and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from hourloom.core.clock import HOUR, MINUTE, SECOND
from hourloom.wakatime.model.beats import entity_in
from hourloom.wakatime.model.joining import Span

Json = dict[str, Any]  # a JSON object as WakaTime's clients read it


class BeatFacts(NamedTuple):
    """What a span tells of itself: whatever two beats must share to belong to the same one."""

    project: str
    language: str
    editor: str
    operating_system: str
    machine: str
    category: str
    branch: str
    ai_model: str
    entity: str
    type: str
    dependencies: tuple[str, ...]


BeatSpan = Span[BeatFacts]

UNKNOWN_PROJECT = "Unknown Project"
OTHER_LANGUAGE = "Other"
NAMELESS = {
    "editors": "Unknown Editor",
    "operating_systems": "Unknown OS",
    "machines": "Unknown Hostname",
    "branches": "Unknown Branch",
}
_PLACES = {name: place for place, name in enumerate(BeatFacts._fields)}
LISTS = {
    "categories": _PLACES["category"],
    "editors": _PLACES["editor"],
    "languages": _PLACES["language"],
    "machines": _PLACES["machine"],
    "operating_systems": _PLACES["operating_system"],
    "projects": _PLACES["project"],
}
"""The lists of a day, and the place in the facts that each goes by."""
DETAILS = {"branches": _PLACES["branch"], "entities": _PLACES["entity"]}
"""Lists that are given only where one project was asked for."""

Sums = dict[str, dict[str, int]]
"""By list and name: the length in microseconds."""


def facts_of(data: Mapping[str, Any], machine: str) -> BeatFacts:
    """Return the facts of a beat from its payload."""
    kind = data.get("type") or "file"
    return BeatFacts(
        data.get("project") or "",
        data.get("language") or "",
        data.get("app") or "",
        data.get("operating_system") or "",
        machine,
        data.get("category") or ("browsing" if kind in ("domain", "url") else "coding"),
        data.get("branch") or "",
        data.get("ai_model") or "",
        entity_in(data),
        kind,
        tuple(data.get("dependencies") or ()),
    )


def sums_of(spans: Iterable[BeatSpan], *, detailed: bool = False) -> Sums:
    """Return the length of each name in each list."""
    wanted = LISTS | DETAILS if detailed else LISTS
    sums: Sums = {name: {} for name in (*wanted, "dependencies")}
    places = [(sums[name], place) for name, place in wanted.items()]
    of_dependencies = sums["dependencies"]
    for _, length, facts in spans:
        for found, place in places:
            key = str(facts[place])
            found[key] = found.get(key, 0) + length
        for key in facts.dependencies:
            of_dependencies[key] = of_dependencies.get(key, 0) + length
    return sums


def added(all_sums: Iterable[Sums]) -> Sums:
    """Return the sums of several days together."""
    together: Sums = {}
    for sums in all_sums:
        for name, found in sums.items():
            into = together.setdefault(name, {})
            for key, length in found.items():
                into[key] = into.get(key, 0) + length
    return together


def whole_of(sums: Sums) -> int:
    """Return the length of everything: each span has one category."""
    return sum(sums.get("categories", {}).values())


def lists_of(sums: Sums) -> Json:
    """Return the lists, the longest first; a name without any length is left out."""
    return {name: _listed(name, found) for name, found in sums.items()}


def _listed(name: str, found: Mapping[str, int]) -> list[Json]:
    whole = sum(found.values())
    ordered = sorted(((length, key) for key, length in found.items() if length), key=lambda e: (-e[0], e[1]))
    return [
        {"name": shown_name(name, key), **amount(length), "percent": percent(length, whole)}
        for length, key in ordered
    ]


def shown_name(list_name: str, key: str) -> str:
    """Return how something is called where it has no name, and categories in capitals."""
    if list_name == "categories":
        return " ".join("AI" if word == "ai" else word.capitalize() for word in key.split())
    if list_name == "projects":
        return key or UNKNOWN_PROJECT
    if list_name == "languages":
        return key or OTHER_LANGUAGE
    return key or NAMELESS.get(list_name, "Unknown")


def amount(length: int) -> Json:
    """Return a length in all the ways in which clients want it."""
    seconds = length // SECOND
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return {
        "decimal": decimal(length),
        "digital": f"{hours}:{minutes:02}:{seconds % 60:02}",
        "hours": hours,
        "minutes": minutes,
        "seconds": seconds % 60,
        "text": text_of(length),
        "total_seconds": length / SECOND,
    }


def grand_total(length: int) -> Json:
    """Return the length of a day in all the ways in which clients want it."""
    found = amount(length)
    del found["seconds"]
    return found | {"digital": f"{found['hours']}:{found['minutes']:02}"}


def decimal(length: int) -> str:
    """Return a length in hours with two decimals."""
    return f"{length / HOUR:.2f}"


def percent(part: int, whole: int) -> float:
    """Return a share with two decimals."""
    return round(100 * part / whole, 2) if whole else 0.0


def text_of(length: int) -> str:
    """Say a length: "2 hrs 17 mins", "1 hr", "49 mins", and below a minute "7 secs"."""
    if length < MINUTE:
        return _counted(length // SECOND, "sec")
    hours, minutes = length // HOUR, length % HOUR // MINUTE
    said = [_counted(hours, "hr")] if hours else []
    return " ".join([*said, _counted(minutes, "min")] if minutes else said)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def day_text(day: date, today: date) -> str:
    """Say a day as people do: "Today", "Yesterday", "Mon Mar 2nd 2026"."""
    if day == today:
        return "Today"
    if (today - day).days == 1:
        return "Yesterday"
    ending = "th" if 11 <= day.day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day:%a %b} {day.day}{ending} {day.year}"


def daily_average(whole: int, days: Sequence[int]) -> Json:
    """Return what one day came to on average; days without any time are holidays."""
    worked = sum(1 for length in days if length)
    each = whole // worked if worked else 0
    return {
        "days_including_holidays": len(days),
        "days_minus_holidays": worked,
        "holidays": len(days) - worked,
        "seconds": each / SECOND,
        "seconds_including_other_language": each / SECOND,
        "text": text_of(each),
        "text_including_other_language": text_of(each),
    }
