"""`hourloom score`: what a day or a week was like, part by part."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import hours, print_json, print_table, say
from hourloom.sdk.api import Api
from hourloom.sdk.measures import DayOfWeek, Recommendations, Scored, ScorePart

MEASURES = "/api/v1/measures"
WIDTH = 20

Period = Annotated[
    str,
    typer.Argument(
        metavar="[today|yesterday|day|week|DATE]",
        help="The present day, the one before, this week, or a day such as 2026-01-31. [default: day]",
        show_default=False,
    ),
]


def score(
    context: typer.Context,
    period: Period = "day",
    *,
    of: Annotated[
        str, typer.Option("--date", metavar="DATE", help="The day, or the week that holds this day.")
    ] = "",
    zone: Annotated[
        str, typer.Option("--zone", metavar="ZONE", help="Count days in this zone, such as Europe/Berlin.")
    ] = "",
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Score a day or a week from 0 to 100, and show every part of the score.

    The setting `day_score_weights` says how much each part counts.
    """
    kind, day = (period, of) if period in ("day", "week") else ("day", period)
    if of and of != day:
        raise typer.BadParameter("give the day once, as the argument or by --date.")
    yesterday, day = day == "yesterday", "" if day in ("today", "yesterday") else day
    given = {"date": _written(day), "zone": zone}
    asked = urlencode({name: text for name, text in given.items() if text})
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        if yesterday:
            today = api.get(f"{MEASURES}/day?{asked}", Scored).first_date
            asked = urlencode({"date": str(today - timedelta(days=1)), **({"zone": zone} if zone else {})})
        if as_json:
            print_json(api.get(f"{MEASURES}/{kind}?{asked}", dict[str, Any]))
            return
        found = api.get(f"{MEASURES}/{kind}?{asked}", Scored)
        week = kind == "week"
        advice = api.get(f"{MEASURES}/recommendations?{asked}", Recommendations) if week else None
    _show(found)
    for each in advice.recommendations if advice is not None else []:
        print(f"\n* {each.sentence}\n  Its rows: hourloom report {_said(each.report)}")


def _written(day: str) -> str:
    if not day:
        return ""
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise typer.BadParameter(
            f"'{day[:40]}' has no score; there are today, yesterday, day, week, and days such as 2026-01-31."
        ) from None


def _show(found: Scored) -> None:
    named = f"{found.first_date:%A} {found.first_date}"
    if found.last_date != found.first_date:
        named = f"{found.first_date} to {found.last_date}"
    if found.figures.active_seconds == 0:
        say(f"{named}: nothing was recorded.")
        return
    value = "no score" if found.score.value is None else f"{found.score.value:.0f} of 100"
    print(f"{named}: {value}\n")
    print_table(("PART", "POINTS", "", "WEIGHT", "FROM"), [_row(part) for part in found.score.parts])
    print(f"\n{_sentence(found)}")
    if found.days:
        print()
        print_table(("DAY", "SCORE", "", "ACTIVE", "FOCUS", "DEEP"), [_day(each) for each in found.days])


def _row(part: ScorePart) -> tuple[str, ...]:
    points = "-" if part.points is None else f"{part.points:.0f}"
    return part.name, points.rjust(6), bar_of(part.points), f"{part.weight:g}".rjust(6), _from(part)


def _from(part: ScorePart) -> str:
    share = part.share
    what, _, among = share.unit.partition("/")
    if among:
        return f"{share.numerator:g} {what} in {share.denominator:.1f} {among}"
    weighted = "weighted " if what.startswith("weighted") else ""
    return f"{weighted}{hours(share.numerator)} of {hours(share.denominator)}"


def bar_of(points: float | None) -> str:
    """Draw 0 to 100 points."""
    if points is None:
        return ""
    filled = round(points / 100 * WIDTH)
    return "█" * filled + "░" * (WIDTH - filled)


def _sentence(found: Scored) -> str:
    figures = found.figures
    stay, lag = figures.median_uninterrupted_seconds, figures.interruptions.median_lag_minutes
    said = [
        f"Active {hours(figures.active_seconds)}, of which {hours(figures.unscored_seconds)} without a score",
        f"focus {hours(figures.focus_seconds)}, deep {figures.deep_minutes:.0f} min",
        f"{figures.switches} switches"
        + ("" if stay is None else f", half of the visits under {hours(stay)}"),
        f"{figures.interruptions.count} interruptions"
        + ("" if lag is None else f", back after {lag:.1f} min"),
    ]
    return "; ".join(said) + "."


def _day(each: DayOfWeek) -> tuple[str, ...]:
    value = "-" if each.score is None else f"{each.score:.0f}"
    return (
        f"{each.date:%a} {each.date}",
        value.rjust(5),
        bar_of(each.score),
        hours(each.active_seconds),
        hours(each.focus_seconds),
        f"{each.deep_minutes:.0f} min",
    )


def _said(report: dict[str, str]) -> str:
    words = [report.get("range", ""), f"--by {report.get('by', 'category')}"]
    words += [f"--where {name}={text}" for name, text in report.items() if name not in ("range", "by")]
    return " ".join(words)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("hourloom score", "hourloom score week", "hourloom score 2026-01-31 --json"))(
        score
    )
