"""`hourloom export report|activities|events`: files for spreadsheets, programs and paper."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer

from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed, require_date_fits
from hourloom.cli.output import bar, bytes_in_words, print_json, say
from hourloom.configuration import Configuration
from hourloom.core.errors import Invalid, Refused

Format = Literal["csv", "json", "xlsx", "parquet", "pdf"]
Page = Literal["a4", "letter"]
Durations = Literal["hours", "hms", "seconds"]
STANDARD_OUTPUT = "-"

Range = Annotated[
    str,
    typer.Option(
        "--range",
        metavar="RANGE",
        help="today, yesterday, day, week, month, quarter, year, or FROM..TO: days such as 2026-01-31, both "
        "included, or instants with a T.",
    ),
]
Date = Annotated[
    str, typer.Option("--date", metavar="DAY", help="The day, week or month that holds this day.")
]
Zone = Annotated[str, typer.Option("--zone", metavar="ZONE", help="Count days and tell times in this zone.")]
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        help="What kind of file. [default: as the name of --to ends, else csv]",
        show_default=False,
    ),
]
PageOption = Annotated[Page, typer.Option("--page", help="The size of the pages of a PDF.")]
DurationsOption = Annotated[
    Durations, typer.Option("--durations", help="How CSV tells durations: 1.50, 1:30:00 or 5400.")
]
Mark = Annotated[
    bool, typer.Option("--bom", help="Begin CSV with the mark by which older spreadsheets know UTF-8.")
]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="KEY=VALUE", help="Only these activities, as in `hourloom report`."),
]
To = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="FILE",
        help="Where to; - is standard output. Without it a file of its own in your documents.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]


class BinaryRefused(Refused):
    """A terminal shows no {format}; name a file with --to, or pipe it."""


class FormatsDiffer(Invalid):
    """{name} ends like {ending} and --format says {format}; leave one of them out."""


def report(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    range_: Range = "month",
    date: Date = "",
    zone: Zone = "",
    by: Annotated[
        str, typer.Option("--by", metavar="KEY", help="Group as in `hourloom report`.")
    ] = "category",
    then: Annotated[str, typer.Option("--then", metavar="KEY", help="Group each row by another key.")] = "",
    compare: Annotated[bool, typer.Option("--compare", help="Compare with the period before.")] = False,
    where: Where = None,
    format_: FormatOption = None,
    page: PageOption = "a4",
    durations: DurationsOption = "hours",
    mark: Mark = False,
    to: To = "",
    force: Force = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write where the hours of a period went to a file; as PDF with charts."""
    wanted = _wanted("report", range_, date, zone, format_of(format_, to), page, durations, mark=mark)
    wanted |= {"by": by, "then": then, "compare": compare, "where": _where(where)}
    _export(context, configured(data_dir, config), wanted, to, force=force, as_json=as_json)


def activities(  # noqa: PLR0913 - as above
    context: typer.Context,
    *,
    range_: Range = "month",
    date: Date = "",
    zone: Zone = "",
    where: Where = None,
    format_: FormatOption = None,
    page: PageOption = "a4",
    durations: DurationsOption = "hours",
    mark: Mark = False,
    to: To = "",
    force: Force = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write what you were doing, stretch by stretch, to a file."""
    wanted = _wanted("activities", range_, date, zone, format_of(format_, to), page, durations, mark=mark)
    wanted |= {"where": _where(where)}
    _export(context, configured(data_dir, config), wanted, to, force=force, as_json=as_json)


def events(  # noqa: PLR0913 - as above
    context: typer.Context,
    *,
    range_: Range = "month",
    date: Date = "",
    zone: Zone = "",
    bucket: Annotated[
        list[str] | None, typer.Option("--bucket", metavar="NAME", help="Only this bucket, or several.")
    ] = None,
    format_: FormatOption = None,
    page: PageOption = "a4",
    durations: DurationsOption = "hours",
    mark: Mark = False,
    to: To = "",
    force: Force = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write the events of buckets to a file, as they were recorded."""
    wanted = _wanted("events", range_, date, zone, format_of(format_, to), page, durations, mark=mark)
    wanted |= {"buckets": bucket or []}
    _export(context, configured(data_dir, config), wanted, to, force=force, as_json=as_json)


def format_of(given: Format | None, to: str) -> Format:
    """Return the kind of file: as it is said, or as the name of the file ends."""
    ending = Path(to).suffix.casefold().removeprefix(".")
    named = next((each for each in get_args(Format) if each == ending), None)
    if given is not None and named is not None and given != named:
        raise FormatsDiffer(name=Path(to).name[:100], ending=named, format=given)
    return given or named or "csv"


def _wanted(  # noqa: PLR0913 - as above
    kind: str, range_: str, date: str, zone: str, format_: str, page: str, durations: str, *, mark: bool
) -> dict[str, Any]:
    require_date_fits(range_, date)
    return {
        "kind": kind,
        "range": range_,
        "date": date,
        "zone": zone,
        "format": format_,
        "page": page,
        "durations": durations,
        "mark": mark,
    }


def _where(given: list[str] | None) -> dict[str, str]:
    filters: dict[str, str] = {}
    for text in given or []:
        name, _, value = text.partition("=")
        if not name or not value:
            raise typer.BadParameter(f"'{text[:60]}' is no filter; write KEY=VALUE.")
        if name in filters:
            raise typer.BadParameter(f"give {name} once, its values divided by commas.")
        filters[name] = value
    return filters


def _export(
    context: typer.Context,
    configuration: Configuration,
    wanted: dict[str, Any],
    to: str,
    *,
    force: bool,
    as_json: bool,
) -> None:
    format_ = str(wanted["format"])
    if to == STANDARD_OUTPUT and format_ not in ("csv", "json") and sys.stdout.isatty():
        raise BinaryRefused(format=format_.upper())
    target = None if not to else _pour if to == STANDARD_OUTPUT else Path(to)
    with bar("Exporting", None, "%") as meter:
        made = handed(context).exports(configuration).export(wanted, target, meter.move, force=force)
    if to == STANDARD_OUTPUT:
        return
    if as_json:
        print_json({"file": made.path, "rows": made.rows, "bytes": made.bytes})
        return
    print(made.path)
    rows = f"{made.rows:,} row{'' if made.rows == 1 else 's'}"
    say(f"{rows}, {bytes_in_words(made.bytes)}; who has the file can read it.")


def _pour(pieces: Iterator[bytes]) -> None:
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "hourloom export report --range 2026-03-01..2026-03-31 --format pdf",
            "hourloom export report --range week --by project --then day --format xlsx --to week.xlsx",
        )
    )(report)
    app.command(
        epilog=examples(
            "hourloom export activities --range yesterday --durations hms",
            "hourloom export activities --where project=Website --format json --to - | jq .rows",
        )
    )(activities)
    app.command(
        epilog=examples(
            "hourloom export events --range today --bucket aw-watcher-window_heron --format parquet",
        )
    )(events)
