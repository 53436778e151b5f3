"""The arguments of a call, handed out as the types that its function expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hourloom.tracking.query.categories import Rule, parse_rule
from hourloom.tracking.query.errors import QueryFunctionError
from hourloom.tracking.query.events import Events
from hourloom.tracking.query.values import Value, are_events, kind_of


class Arguments:
    """What a function was called with; each method checks the type of one argument."""

    def __init__(self, name: str, values: Sequence[Value]) -> None:
        self._name = name
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def has(self, index: int) -> bool:
        """Tell whether an optional argument was given."""
        return index < len(self.values)

    def events(self, index: int) -> Events:
        """Return a list of events."""
        value = self.values[index]
        if not are_events(value):
            raise self._wrong(index, "a list of events")
        return value

    def text(self, index: int) -> str:
        """Return a string."""
        value = self.values[index]
        if not isinstance(value, str):
            raise self._wrong(index, "a string")
        return value

    def number(self, index: int) -> int | float:
        """Return a number."""
        value = self.values[index]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._wrong(index, "a number")
        return value

    def whole(self, index: int) -> int:
        """Return a whole number."""
        value = self.number(index)
        if value != int(value):
            raise self._wrong(index, "a whole number")
        return int(value)

    def items(self, index: int) -> Sequence[Value]:
        """Return a list of anything."""
        value = self.values[index]
        if not isinstance(value, list):
            raise self._wrong(index, "a list")
        return value

    def texts(self, index: int) -> list[str]:
        """Return a list of strings."""
        texts = [item for item in self.items(index) if isinstance(item, str)]
        if len(texts) < len(self.items(index)):
            raise self._wrong(index, "a list of strings")
        return texts

    def categories(self, index: int) -> list[tuple[Sequence[str], Rule]]:
        """Return pairs of a category, given as its path, and a rule."""
        return [(self._path(index, name), rule) for name, rule in self._rules(index)]

    def tags(self, index: int) -> list[tuple[str, Rule]]:
        """Return pairs of a tag and a rule."""
        tags = [(name, rule) for name, rule in self._rules(index) if isinstance(name, str)]
        if len(tags) < len(self.items(index)):
            raise self._wrong(index, "a list of pairs of a tag and a rule")
        return tags

    def _rules(self, index: int) -> list[tuple[Value, Rule]]:
        rules: list[tuple[Value, Rule]] = []
        for pair in self.items(index):
            if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], Mapping)):
                raise self._wrong(index, "a list of pairs of a name and a rule")
            rules.append((pair[0], parse_rule(pair[1])))
        return rules

    def _path(self, index: int, name: Value) -> Sequence[str]:
        if not (isinstance(name, list) and all(isinstance(part, str) for part in name)):
            raise self._wrong(index, "a list of pairs of a category (a list of strings) and a rule")
        return name

    def _wrong(self, index: int, expected: str) -> QueryFunctionError:
        return QueryFunctionError(
            f"Argument {index + 1} of {self._name} must be {expected}, not {kind_of(self.values[index])}."
        )
