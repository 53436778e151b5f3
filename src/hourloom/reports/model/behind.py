"""What is behind a number of a report: the filters that lead to just that."""

from __future__ import annotations

from collections.abc import Mapping

from hourloom.activities.model.filter import LONGEST_TEXT, Filter, parameters_of
from hourloom.reports.model.grouping import ReportRow
from hourloom.reports.model.report import Report

_ONLY: dict[str, str] = {"category": "category", "tag": "tags", "title": "title"}


def behind(report: Report, level: int, row: ReportRow, above: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that, put over those of the report, ask for what a row was made of.

    `above` are those of the row that it is part of. `exact` holds what is exact of all of them.
    """
    key, value = report.keys[level], row.value
    own = _own(report, level, row)
    found = {**above, **own}
    if "range" in above and "range" in own:
        found["range"] = _within(above["range"], own["range"])
    exact = {each for each in (above.get("exact") or report.where.get("exact") or "").split(",") if each}
    if key in _ONLY:
        whole = key == "category" and value in report.whole
        exact = exact - {key} if whole else exact | {key}
    if exact:
        found["exact"] = ",".join(sorted(exact))
    else:
        found.pop("exact", None)
    return found


def _within(one: str, other: str) -> str:
    """Return the stretch that two have in common; without the Z texts sort as the times that they write."""
    (first, _, last), (begins, _, ends) = one.partition(".."), other.partition("..")
    latest = max(first, begins, key=lambda text: text.rstrip("Z"))
    return f"{latest}..{min(last, ends, key=lambda text: text.rstrip('Z'))}"


def _own(report: Report, level: int, row: ReportRow) -> dict[str, str]:  # noqa: PLR0911 - one for each kind
    key, value = report.keys[level], row.value
    match key:
        case "hour" | "weekday":
            return {key: str(value)}
        case "day" | "week" | "month" | "quarter" | "year":
            stretch = report.ranges[level].get(str(value))
            return {} if stretch is None else {"range": stretch}
        case "title":
            return {"title": str(value)} if len(str(value)) <= LONGEST_TEXT else {}
        case "tag":
            return parameters_of(Filter(tags=value or (None,)))  # type: ignore[arg-type]  # numbers of tags
        case "category" | "project" | "score":
            return {key: "none" if value is None else str(value)}
        case "device":
            return {key: str(value)}
        case "app":
            return parameters_of(Filter(apps=(str(value),)))
        case "domain":
            return parameters_of(Filter(domains=(str(value),)))
        case _:
            return {"source": str(value)}
