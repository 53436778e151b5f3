"""Print the results as a table, and append them to the history."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.results import DISK, OURS, PEER, Results

HISTORY = Path(__file__).with_name("history.jsonl")


def table(results: Results) -> str:
    """Return one line for each figure: the medians, the ratio, the promise and whether it is kept."""
    lines = [f"{'':44} {'Hourloom':>12} {'aw-server':>12} {'disk':>10} {'ratio':>8} {'promise':>12}"]
    for figure in results.values:
        medians = [results.median(figure, who) for who in (OURS, PEER, DISK)]
        ours, ratio = medians[0], results.ratio(figure)
        verdict = {True: "kept", False: "BROKEN", None: ""}[
            None if ours is None else figure.kept(ours, ratio)
        ]
        cells = (
            f"{number(medians[0]):>12} {number(medians[1]):>12} {number(medians[2]):>10} {number(ratio):>8}"
        )
        promise = number(figure.promise) if figure.times is None else f"{figure.times:g} times"
        lines.append(f"{figure.name:44} {cells} {promise:>12} {figure.unit:4} {verdict}".rstrip())
    return "\n".join(lines)


def number(value: float | None) -> str:
    """Write a number with as many decimals as are of interest."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.1f}" if value >= 10 else f"{value:,.2f}"


def append(results: Results, rounds: int, events: int, history: Path = HISTORY) -> None:
    """Add one line to the history: when, which revision, on what machine, and all medians and ratios."""
    line = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": revision(),
        "machine": {"cores": os.cpu_count(), "processor": processor()},
        "rounds": rounds,
        "events": events,
        "figures": {
            figure.name: {"unit": figure.unit}
            | {who: round(value, 3) for who in found if (value := results.median(figure, who)) is not None}
            | ({"ratio": round(ratio, 2)} if (ratio := results.ratio(figure)) is not None else {})
            for figure, found in results.values.items()
        },
    }
    with history.open("a") as file:
        file.write(json.dumps(line) + "\n")


def revision() -> str:
    """Name the commit that was measured, with a plus if the tree had changes."""
    command = ["git", "describe", "--always", "--abbrev=12", "--exclude", "*", "--dirty=+"]
    answer = subprocess.run(command, cwd=HISTORY.parent, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"


def processor() -> str:
    """Name the processor's model."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
