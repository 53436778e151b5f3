"""`hourloom report`: where the hours went."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from hourloom.cli.options import (
    Config,
    DataDir,
    Json,
    configured,
    examples,
    handed,
    named,
    require_date_fits,
)
from hourloom.cli.output import print_json, print_table, say
from hourloom.cli.reporting import shown
from hourloom.core.errors import Conflict, Invalid
from hourloom.sdk.api import Api
from hourloom.sdk.reports import MadeSavedReport, Report, ReportRest, ReportRow, SavedReport, SavedReports

SUMMARY, SAVED = "/api/v1/reports/summary", "/api/v1/reports/saved"
KEYS = (
    *("category", "app", "domain", "title", "project", "device", "tag", "score", "source"),
    *("hour", "weekday", "day", "week", "month", "quarter", "year"),
)
FILTERS = (*KEYS[:9], "unassigned", "exact", "hour", "weekday")
ALL_ROWS = 100_000
TOP = 20

Range = Annotated[
    str | None,
    typer.Argument(
        metavar="RANGE",
        help="today, yesterday, day, week, month, quarter, year, or FROM..TO: days such as 2026-01-31, both "
        "included, or instants with a T. [default: today]",
        show_default=False,
    ),
]


class NameInUse(Conflict):
    """There is a saved report '{name}' already; --force lets this one take its place."""


class NoSuchReport(Invalid):
    """There is no saved report '{name}'; `hourloom report --list` shows those there are."""


def report(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    range_: Range = None,
    *,
    by: Annotated[
        str, typer.Option("--by", metavar="KEY", help=f"Group by {', '.join(KEYS[:-1])} or {KEYS[-1]}.")
    ] = "",
    then: Annotated[
        list[str] | None, typer.Option("--then", metavar="KEY", help="Group each row by another key.")
    ] = None,
    date: Annotated[
        str, typer.Option("--date", metavar="DAY", help="The day, week or month that holds this day.")
    ] = "",
    zone: Annotated[
        str, typer.Option("--zone", metavar="ZONE", help="Count days in this zone, such as Europe/Berlin.")
    ] = "",
    compare: Annotated[
        bool, typer.Option("--compare", help="Compare with the period before of the same kind.")
    ] = False,
    depth: Annotated[
        int, typer.Option("--depth", metavar="N", help="Tell so many levels of categories apart.", min=0)
    ] = 0,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="KEY=VALUE",
            help="Only these activities: category, project, tag, app, domain, device, score, source, "
            "title (words), hour, weekday; several values with commas; unassigned=true has no category.",
        ),
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", metavar="N", help="Show so many rows.", min=1, max=ALL_ROWS)
    ] = None,
    save: Annotated[
        str | None, typer.Option("--save", metavar="NAME", help="Keep this report by a name.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --save replace what has the name.")] = False,
    saved: Annotated[str, typer.Option("--saved", metavar="NAME", help="Show a report that was kept.")] = "",
    list_: Annotated[bool, typer.Option("--list", help="List the reports that were kept.")] = False,
    forget: Annotated[str, typer.Option("--forget", metavar="NAME", help="Keep a report no more.")] = "",
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show where the hours of a period went."""
    require_date_fits(range_ or "", date)
    asked = {
        "range": range_ or "",
        "date": date,
        "zone": zone,
        **keys_given(by, then or []),
        **({"compare": "true"} if compare else {}),
        **({"depth": str(depth)} if depth else {}),
        **filters_given(where or []),
    }
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        if list_:
            _list(api, as_json=as_json)
            return
        if forget:
            _forget(api, forget)
            return
        if save is not None:
            _save(api, named(save), asked, top, force=force)
        limit = top or (ALL_ROWS if as_json else 0 if saved else TOP)
        wanted = {**asked, "saved": saved, "limit": str(limit) if limit else ""}
        query = urlencode({name: text for name, text in wanted.items() if text})
        found = api.get(f"{SUMMARY}?{query}", Report)
    if as_json:
        print_json(_told(found, cut=bool(top)))
    else:
        shown(found)


def keys_given(by: str, then: list[str]) -> dict[str, str]:
    """Read the keys to group by, one or two."""
    keys = [word.strip() for text in (by, *then) for word in text.split(",") if word.strip()]
    for key in keys:
        if key not in KEYS:
            raise typer.BadParameter(
                f"a report cannot be grouped by '{key[:40]}'; there are {', '.join(KEYS)}."
            )
    if len(keys) > 2:
        raise typer.BadParameter("a report is grouped by at most two keys.")
    if len(set(keys)) < len(keys):
        raise typer.BadParameter(f"a report cannot be grouped by {keys[0]} twice.")
    if then and not by:
        raise typer.BadParameter("say --by KEY where there is a --then.")
    return dict(zip(("by", "then"), keys, strict=False))


def filters_given(given: list[str]) -> dict[str, str]:
    """Read filters as they are typed: KEY=VALUE."""
    filters = {}
    for text in given:
        name, _, value = text.partition("=")
        if name not in FILTERS or not value:
            raise typer.BadParameter(
                f"'{text[:60]}' is no filter; write KEY=VALUE, KEY one of {', '.join(FILTERS)}."
            )
        if name in filters:
            raise typer.BadParameter(f"give {name} once, its values divided by commas.")
        filters[name] = value
    return filters


def _told(report: Report, *, cut: bool) -> dict[str, Any]:
    """Return a report in the form that scripts rely on."""
    compares = report.compared_with is not None
    told: dict[str, Any] = {
        "range": report.range,
        "zone": report.zone,
        "total_seconds": report.total_seconds,
        "away_seconds": report.away_seconds,
        "rows": [told_row(row, cut=cut, compares=compares) for row in report.rows],
    }
    if cut:
        told["rest"] = _rest(report.rest)
    if report.compared_with is not None:
        told["compared_with"] = {
            "range": report.compared_with.range,
            "total_seconds": report.compared_with.total_seconds,
            "away_seconds": report.compared_with.away_seconds,
        }
    return told


def told_row(row: ReportRow, *, cut: bool, compares: bool) -> dict[str, Any]:
    """Return a row in the form that scripts rely on."""
    told: dict[str, Any] = {"key": row.key, "seconds": row.seconds, "share": row.share}
    if compares:
        told |= {"before_seconds": row.before_seconds, "change_seconds": row.change_seconds}
    if row.rows is not None:
        told["rows"] = [told_row(each, cut=cut, compares=compares) for each in row.rows]
        if cut:
            told["rest"] = _rest(row.rest)
    return told


def _rest(rest: ReportRest | None) -> dict[str, Any] | None:
    return None if rest is None else {"rows": rest.rows, "seconds": rest.seconds, "share": rest.share}


def _save(api: Api, name: str, asked: dict[str, str], top: int | None, *, force: bool) -> None:
    own = {"range", "by", "then", "zone"}
    definition: dict[str, Any] = {key: text for key, text in asked.items() if key in own and text}
    definition["where"] = {key: text for key, text in asked.items() if key in FILTERS}
    definition |= {"compare": "compare" in asked, "depth": int(asked.get("depth", 0)), "limit": top or 0}
    body = {"name": name, "definition": definition}
    kept = _kept(api, name)
    if kept is None:
        made = api.post(SAVED, body, MadeSavedReport)
    elif force:
        made = api.put(f"{SAVED}/{kept.id}", body, MadeSavedReport)
    else:
        raise NameInUse(name=kept.name)
    say(f"Kept as '{made.report.name}'; `hourloom undo {made.operation_id}` takes it back.")


def _list(api: Api, *, as_json: bool) -> None:
    found = api.get(SAVED, SavedReports)
    if as_json:
        print_json(found)
        return
    print_table(("NAME", "SHOWS"), [(each.name, _said(each)) for each in found.reports])
    if not found.reports:
        say("No report was kept; `hourloom report week --by app --save NAME` keeps one.")


def _said(saved: SavedReport) -> str:
    """Return the words with which a saved report could be asked."""
    asked = saved.definition
    words = [str(asked.get("range", "today")), f"--by {asked.get('by', 'category')}"]
    words += [f"--{name} {asked[name]}" for name in ("then", "zone", "depth") if asked.get(name)]
    words += ["--compare"] if asked.get("compare") else []
    words += [f"--top {asked['limit']}"] if asked.get("limit") else []
    only = f", only {saved.where_in_words}" if saved.where_in_words else ""
    return " ".join(words) + only


def _forget(api: Api, name: str) -> None:
    kept = _kept(api, name)
    if kept is None:
        raise NoSuchReport(name=name[:100])
    gone = api.erase(f"{SAVED}/{kept.id}", dict[str, int])
    say(f"Forgotten; `hourloom undo {gone['operation_id']}` brings it back.")


def _kept(api: Api, name: str) -> SavedReport | None:
    """Return the report of a name; one that differs in its case only where no other has just that."""
    found = api.get(SAVED, SavedReports).reports
    alike = [each for each in found if each.name.casefold() == name.strip().casefold()]
    return next((each for each in alike if each.name == name.strip()), alike[0] if alike else None)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "hourloom report today",
            "hourloom report week --by category --compare",
            "hourloom report month --by category --then app --top 10",
            "hourloom report 2026-03-01..2026-03-31 --by day --zone Europe/Berlin --json",
            "hourloom report week --by app --where category=Work --save 'At work'",
        )
    )(report)
