"""Every name of the source designs has one here, works once its feature is there, and is in the docs."""

from __future__ import annotations

from pathlib import Path

import pytest

from hourloom.assembly import all_routes
from hourloom.live.commands import is_command
from hourloom.live.names import BROADCAST, FOCUSFLOW, INVOKE, NAMES, Name, table
from hourloom.live.scopes import kinds_of_change, scope_of
from hourloom.settings.definitions import THEME
from tests.live.serving import Serving, perform, told

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
FEATURES = Path(__file__).resolve().parents[2] / "src" / "hourloom"

COMMANDS = {route.name for route in all_routes() if is_command(route)}
CHANGES = {kind.__name__ for kind in kinds_of_change() if kind.__module__.startswith("hourloom.")}
ADDRESSES = {f"{route.method} {route.path}" for route in all_routes()}


def named(*kinds: str) -> list[Name]:
    return [name for name in NAMES if name.kind in kinds]


def label(name: Name) -> str:
    return f"{name.source}: {name.theirs}"


def test_all_names_of_the_source_designs_are_listed() -> None:
    counted = {
        source: len({n.theirs for n in NAMES if n.source == source})
        for source in (INVOKE, BROADCAST, FOCUSFLOW)
    }
    assert counted == {INVOKE: 23, BROADCAST: 8, FOCUSFLOW: 12}
    assert len(NAMES) == 43


@pytest.mark.parametrize("name", NAMES, ids=label)
def test_a_name_is_here_exactly_when_its_feature_is(name: Name) -> None:
    here = COMMANDS | CHANGES | ADDRESSES
    assert (name.ours in here) == (name.arrives_with is None)
    if name.arrives_with is not None:
        assert not (FEATURES / name.arrives_with).is_dir(), f"{name.arrives_with} is there: bring {name.ours}"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_each_command_that_is_here_answers_and_every_other_is_unknown(serving: Serving) -> None:
    given: dict[str, dict[str, object]] = {
        "show_setting": {"name": THEME.name},
        "change_setting": {"name": THEME.name, "body": {"value": "dark"}},
        "begin_import": {"body": {"source": "a file"}},
        "create_project": {"body": {"name": "Website"}},
        "edit_project": {"project": 1, "body": {"name": "Shop"}},
        "delete_project": {"project": 1},
    }
    with serving.program(serving.token()) as program:
        told(program)
        for name in named("command", "address"):
            answer = perform(program, name.ours, **given.get(name.ours, {}))
            known = name.ours in COMMANDS
            assert (answer["status"] < 300) == known, label(name)
        for name in NAMES:
            assert perform(program, name.theirs)["problem"]["code"] == "no_such_command"


@pytest.mark.parametrize("kind", sorted(CHANGES))
def test_every_change_is_readable_by_a_scope_of_its_feature(kind: str) -> None:
    feature = scope_of(kind).removesuffix(":read")
    assert (FEATURES / feature).is_dir()


def test_the_page_holds_the_table() -> None:
    assert "\n".join(table()) in PAGE.read_text("utf-8"), (
        "run `python -m hourloom.live.names` and paste its table"
    )
