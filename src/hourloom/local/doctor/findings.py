"""What the doctor finds, and how it can be put right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from hourloom.local.doctor.patient import Patient

Verdict = Literal["good", "note", "bad"]


@dataclass(frozen=True)
class Repair:
    """Something that puts a finding right."""

    does: str
    """What is done, as a command: `make its files private`."""
    carry_out: Callable[[], str | None]
    """Do it; return what came of it, where there is more to say than that it is done."""
    alone: bool = True
    """Whether no server may run meanwhile."""


@dataclass(frozen=True)
class Finding:
    """How one thing is, in one sentence."""

    verdict: Verdict
    what: str
    finding: str
    advice: str = ""
    """What a person can do."""
    repair: Repair | None = None


@dataclass(frozen=True)
class Look:
    """One thing that the doctor looks at; a feature adds its own to the registry."""

    name: str
    at: str
    """What is looked at, for the table in docs/doctor.md."""
    look: Callable[[Patient], Iterator[Finding]]
    repairs: str = ""
    """What `--fix` does about it, for the same table."""
    team: bool = True
    """Whether it makes sense for a database on a PostgreSQL server."""
    deep: bool = False
    """Whether it is left out unless everything is to be read."""
