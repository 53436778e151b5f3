"""The shapes of scores and recommendations, as far as programs of ours read them."""

from __future__ import annotations

from datetime import date

import msgspec


class Share(msgspec.Struct):
    """A number, and what it is a share of."""

    value: float | None
    numerator: float
    denominator: float
    unit: str


class ScorePart(msgspec.Struct):
    """One part of a score."""

    name: str
    points: float | None
    weight: float
    share: Share
    formula: str


class Score(msgspec.Struct):
    """A score and all its parts."""

    value: float | None
    formula: str
    parts: list[ScorePart]


class Interruptions(msgspec.Struct):
    """What broke into focus."""

    count: int
    median_lag_minutes: float | None


class Figures(msgspec.Struct):
    """The figures of a day or a week."""

    active_seconds: float
    unscored_seconds: float
    focus_seconds: float
    deep_minutes: float
    switches: int
    median_uninterrupted_seconds: float | None
    interruptions: Interruptions


class DayOfWeek(msgspec.Struct):
    """A day of a week."""

    date: date
    score: float | None
    active_seconds: float
    focus_seconds: float
    deep_minutes: float


class Scored(msgspec.Struct):
    """A day or a week with its score."""

    first_date: date
    last_date: date
    zone: str
    score: Score
    figures: Figures
    days: list[DayOfWeek] = []


class Recommendation(msgspec.Struct):
    """One sentence, and what to ask a report for to see its rows."""

    sentence: str
    report: dict[str, str]


class Recommendations(msgspec.Struct):
    """What is recommended for a week."""

    recommendations: list[Recommendation]
