"""Figures in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from hourloom.core.histogram import Histogram

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Kind = Literal["counter", "gauge", "histogram"]
Labels = Mapping[str, str]


class Measure(NamedTuple):
    """One figure; its name says the unit, and neither that nor its labels name anybody's buckets."""

    name: str
    kind: Kind
    help: str
    value: float | Histogram
    labels: Mapping[str, str] = {}


def exposition(measures: Iterable[Measure]) -> str:
    """Write figures; those of one name stand together, however they come."""
    families: dict[str, list[Measure]] = {}
    for measure in measures:
        families.setdefault(measure.name, []).append(measure)
    return "".join(line for family in families.values() for line in _family(family))


def _family(measures: list[Measure]) -> Iterator[str]:
    first = measures[0]
    yield f"# HELP {first.name} {_escaped(first.help, quotes=False)}\n"
    yield f"# TYPE {first.name} {first.kind}\n"
    for measure in measures:
        if isinstance(measure.value, Histogram):
            yield from _histogram(measure.name, measure.labels, measure.value)
        else:
            yield _sample(measure.name, measure.labels, measure.value)


def _histogram(name: str, labels: Labels, value: Histogram) -> Iterator[str]:
    below = 0
    for bound, below in value.up_to():
        yield _sample(f"{name}_bucket", {**labels, "le": _number(bound)}, below)
    yield _sample(f"{name}_sum", labels, value.sum)
    yield _sample(f"{name}_count", labels, below)


def _sample(name: str, labels: Labels, value: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text, quotes=True)}"' for label, text in labels.items())
    return f"{name}{{{inside}}} {_number(value)}\n" if inside else f"{name} {_number(value)}\n"


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))


def _escaped(text: str, *, quotes: bool) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text
