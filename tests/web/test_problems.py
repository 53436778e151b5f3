"""Errors on the wire: a code and the facts, so that any language can say them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hourloom.core.errors import Conflict
from hourloom.web.problems import problem_of


class Example(Conflict):
    """On {day} {path} has {count} of {names}."""


def test_a_problem_has_the_code_and_all_facts_that_json_has_a_form_for() -> None:
    secret = object()
    problem = problem_of(
        Example(day=date(2026, 11, 21), path=Path("/a/b"), count=3, names=("x", "y"), more=secret, none=None)
    )
    assert problem.code == "example"
    assert problem.fields == {"day": "2026-11-21", "path": "/a/b", "count": 3, "names": ["x", "y"]}
    assert problem.detail.startswith("On 2026-11-21 /a/b has 3 of")
