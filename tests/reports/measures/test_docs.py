"""What docs/measures.md says: its examples come out, its requests exist, its commands are understood."""

from __future__ import annotations

import re
import shlex
from math import isclose
from pathlib import Path

import msgspec
import pytest
import typer

from hourloom.cli.commands import score as command
from hourloom.core.clock import HOUR, MINUTE, Instant
from hourloom.reports.measures import focus, pulse, score, switching
from hourloom.reports.measures.figures import figures
from hourloom.reports.measures.interruptions import resumption_lag
from hourloom.reports.measures.robust import median
from hourloom.reports.routes.measures import routes
from hourloom.settings.definitions import DayScoreWeights
from tests.reports.measures.spans import KINDS, minutes

PAGE = (Path(__file__).parents[3] / "docs" / "measures.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```day\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
HOURS = [(Instant(hour * HOUR), hour % 24) for hour in range(25)]
WEIGHTS = msgspec.structs.asdict(DayScoreWeights())


def measured(text: str) -> dict[str, float | None]:
    """Return all measures of a day in the page's words."""
    did = [(each.split()[0], float(each.split()[1])) for each in text.split(", ")]
    of = figures(minutes(*did), HOURS)
    whole, lags = score.score(of, WEIGHTS), resumption_lag(of.interruptions)
    middle = median(of.stays)
    return {
        **{part.name: part.points for part in whole.parts if part.name != "switches"},
        "score": whole.value,
        "efficiency": pulse.efficiency(of.levels),
        "unscored": of.levels.unscored / MINUTE,
        "active": of.active / MINUTE,
        "focus": of.focus / MINUTE,
        "runs": len(of.runs) + of.short_runs,
        "deep_minutes": focus.deep_minutes(of.runs),
        "switches": of.switches,
        "switches_per_hour": switching.per_hour(of.switches, of.active).value,
        "median_minutes": middle and middle / MINUTE,
        "interruptions": lags.interruptions,
        "resumed": lags.resumed,
        "median_lag": lags.median_minutes,
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_comes_out_as_the_page_says(example: str) -> None:
    day, *lines = example.strip().split("\n")
    found = measured(day)
    for line in lines:
        name, value = re.fullmatch(r"= (\w+) (.+)", line).groups()  # type: ignore[union-attr]
        number = found[name]
        if value == "none":
            assert number is None
        else:
            assert number is not None
            assert isclose(number, float(value), abs_tol=0.005), (name, number)


def test_there_is_an_example_of_each_measure() -> None:
    shown = set(re.findall(r"^= (\w+)", PAGE, re.MULTILINE))
    assert shown == set(measured("code 1"))


def test_the_categories_of_the_examples_are_those_that_are_computed() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (-?\d) \| (yes)? ?\| (yes)? ?\|", PAGE, re.MULTILINE)
    assert {name: (int(level), bool(is_focus), bool(breaks)) for name, level, is_focus, breaks in rows} == {
        name: kind[1:] for name, kind in KINDS.items()
    }


def test_the_parts_and_weights_of_the_page_are_those_as_shipped() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]* \| (\d+) \|", PAGE, re.MULTILINE)
    assert {name: float(weight) for name, weight in rows} == WEIGHTS


def test_every_request_of_the_page_exists_and_none_is_left_out() -> None:
    told = re.findall(r"^\| `(GET) (/api/v1/measures/\S+)` \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert set(told) == {(route.method, route.path, route.name) for route in routes.all}


def test_the_commands_of_the_page_are_understood() -> None:
    app = typer.Typer()
    command.add_to(app)
    lines = re.findall(r"^    hourloom score ?(.*)$", PAGE, re.MULTILINE)
    assert len(lines) >= 4
    for line in lines:
        typer.main.get_command(app).make_context("score", shlex.split(line))


def test_every_function_that_measures_says_formula_unit_and_source() -> None:
    from hourloom.reports.measures import analysis, interruptions, peak, trends

    measures = [
        pulse.pulse,
        pulse.efficiency,
        focus.runs,
        focus.focus_ratio,
        focus.deep_minutes,
        focus.deep_share,
        focus.fragmentation,
        switching.per_hour,
        switching.stays,
        interruptions.interruptions,
        interruptions.resumption_lag,
        interruptions.interruptions_per_hour,
        score.score,
        peak.peak_hours,
        trends.unusual,
        trends.shifts,
        analysis.patterns,
    ]
    for each in measures:
        said = each.__doc__ or ""
        assert all(f"{word}: " in said for word in ("Formula", "Unit", "Source")), each.__name__


def test_no_price_is_put_on_an_interruption() -> None:
    assert "23" not in re.sub(r"23 or 25 hours|minute 23", "", PAGE)
    source = Path(score.__file__).parent
    assert not any("23 min" in path.read_text("utf-8") for path in source.glob("*.py"))
