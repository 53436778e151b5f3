"""Assign categories and tags to events by rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import msgspec

from hourloom.tracking.query.deadline import NEVER, Deadline
from hourloom.tracking.query.errors import QueryFunctionError
from hourloom.tracking.query.events import Events, Json, Memo, Payload, with_payloads
from hourloom.tracking.query.patterns import PatternSet, compile_pattern, flagged
from hourloom.tracking.query.values import Value

UNCATEGORIZED = ["Uncategorized"]

_RANK_PER_LEVEL = 10

MOST_REMEMBERED, LONGEST_REMEMBERED = 20_000, 300
"""Texts, and characters of each, that are remembered with the rules that match them: some megabytes."""


class Rule(msgspec.Struct, frozen=True):
    """A pattern looked for in the text values of some keys, or of all."""

    pattern: str
    keys: frozenset[str]
    rank: int | None


def parse_rule(given: Mapping[str, Value]) -> Rule:
    """Read `{regex, ignore_case?, select_keys?, priority? or weight?}`; without a regex nothing matches."""
    regex, keys = given.get("regex"), given.get("select_keys")
    rank = given.get("priority", given.get("weight"))
    if not (regex is None or isinstance(regex, str)):
        raise QueryFunctionError("A rule's regex must be a string.")
    if not (keys is None or (isinstance(keys, list) and all(isinstance(key, str) for key in keys))):
        raise QueryFunctionError("A rule's select_keys must be a list of strings.")
    if ("priority" in given or "weight" in given) and type(rank) is not int:
        raise QueryFunctionError("A rule's priority or weight must be a whole number.")
    if regex:
        compile_pattern(regex)
    pattern = flagged(regex, ignore_case=bool(given.get("ignore_case"))) if regex else ""
    return Rule(pattern, frozenset(keys or ()), rank if type(rank) is int else None)


def categorize(
    events: Events, classes: Sequence[tuple[Sequence[str], Rule]], deadline: Deadline = NEVER
) -> Events:
    """Add `$category`: of the categories whose rule matches the one of the highest rank.

        events  |  vim   firefox  ls |     Work > Code: vim, Web: firefox
        result  |  W>C   Web      -  |     -: Uncategorized

    The rank is the rule's priority, or else ten times the category's depth; of equal ranks the later
    rule wins.
    """

    def category(matching: Sequence[int]) -> Json:
        ranked = [(_rank(*classes[index]), index) for index in matching if classes[index][0]]
        return list(classes[max(ranked)[1]][0]) if ranked else UNCATEGORIZED

    return _adding("$category", category, events, _matcher_of(tuple(rule for _, rule in classes)), deadline)


def tag(events: Events, classes: Sequence[tuple[str, Rule]], deadline: Deadline = NEVER) -> Events:
    """Add `$tags`: the tags of all rules that match, in the order of the rules.

    events  |  vim   firefox  |     code: vim, talk: slack, tool: v|x
    result  |  c,t   t        |
    """

    def tags(matching: Sequence[int]) -> Json:
        return [classes[index][0] for index in matching]

    return _adding("$tags", tags, events, _matcher_of(tuple(rule for _, rule in classes)), deadline)


def _rank(category: Sequence[str], rule: Rule) -> int:
    return len(category) * _RANK_PER_LEVEL if rule.rank is None else rule.rank


@lru_cache(maxsize=4)
def _matcher_of(rules: tuple[Rule, ...]) -> _Matcher:
    """Return the matcher of some rules; the same ones are asked for day after day."""
    return _Matcher(rules)


def forget_texts() -> None:
    """Drop the texts that are remembered with the rules that match them: some were erased."""
    _matcher_of.cache_clear()


class _Matcher:
    """Find the rules that match a payload, looking at each distinct text once.

    A set of rules is an integer here: bit 0 stands for the first rule.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [(1 << index, rule) for index, rule in enumerate(rules) if rule.pattern]
        self._set = PatternSet([rule.pattern for _, rule in self._rules])
        self._known: dict[str, int] = {}
        self._looking_at = Memo(self._looks_at)

    def matching(self, payload: Payload) -> int:
        """Return the set of rules that match."""
        matching = 0
        for key, value in payload.data.items():
            if type(value) is str:
                found = self._known.get(value)
                if found is None:
                    found = self._learnt(value)
                if found:
                    matching |= found & self._looking_at[key]
        return matching

    def _learnt(self, text: str) -> int:
        found = self._found_in(text)
        if len(text) <= LONGEST_REMEMBERED:
            if len(self._known) >= MOST_REMEMBERED:
                self._known = {}
            self._known[text] = found
        return found

    def _found_in(self, text: str) -> int:
        found = 0
        for position in self._set.found_in(text):
            found |= self._rules[position][0]
        return found

    def _looks_at(self, key: str) -> int:
        return sum(bit for bit, rule in self._rules if not rule.keys or key in rule.keys)


def _adding(
    key: str,
    conclude: Callable[[Sequence[int]], Json],
    events: Events,
    matcher: _Matcher,
    deadline: Deadline,
) -> Events:
    """Add under a key what the matching rules amount to, asking once per payload."""
    conclusions: Memo[int, dict[str, Json]] = Memo(lambda matching: {key: conclude(_indices(matching))})
    payloads: dict[Payload, Payload] = {}
    for part in deadline.parts(list({event[3]: None for event in events})):
        for payload in part:
            payloads[payload] = payload.having(conclusions[matcher.matching(payload)])
    return with_payloads(events, payloads)


def _indices(matching: int) -> list[int]:
    return [index for index in range(matching.bit_length()) if matching >> index & 1]
