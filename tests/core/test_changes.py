"""Changes keep the name under which they are published."""

from __future__ import annotations

import hourloom.assembly  # noqa: F401 - defines all Changes
from hourloom.core.changes import Change


def all_changes(root: type[Change] = Change) -> list[type[Change]]:
    return [found for child in root.__subclasses__() for found in (child, *all_changes(child))]


def test_no_change_has_a_field_that_hides_its_name() -> None:
    assert all_changes()
    assert [c.__name__ for c in all_changes() if "kind" in c.__struct_fields__] == []
