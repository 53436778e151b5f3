"""JSON is refused where two readers could read it differently."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core import strict_json
from hourloom.core.errors import Invalid


class Pairs(list[tuple[str, object]]):
    """An object as it is written, with its keys in order and perhaps twice."""


NAMES = st.sampled_from(["a", "b", "app", 'q"', "\\", "ü", "x:"])
VALUES = st.recursive(
    st.none() | st.integers(-5, 5) | st.sampled_from(["", "a", '"a":', "\\"]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(NAMES, inner), max_size=4).map(Pairs),
    max_leaves=8,
)


def written(value: object) -> str:
    if isinstance(value, Pairs):
        return "{" + ", ".join(f"{json.dumps(name)} : {written(item)}" for name, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def has_duplicates(value: object) -> bool:
    if isinstance(value, Pairs):
        names = [name for name, _ in value]
        return len(set(names)) < len(names) or any(has_duplicates(item) for _, item in value)
    return isinstance(value, list) and any(map(has_duplicates, value))


@given(VALUES)
def test_a_key_named_twice_in_one_object_is_refused_and_nothing_else(value: object) -> None:
    text = written(value).encode()
    if has_duplicates(value):
        with pytest.raises(strict_json.DuplicateKey):
            strict_json.refuse_duplicates(text)
    else:
        strict_json.refuse_duplicates(text)


def test_the_same_key_in_two_objects_is_fine() -> None:
    strict_json.refuse_duplicates(b'[{"a": 1}, {"a": 2}]')


def test_nesting_has_a_bound() -> None:
    strict_json.refuse_duplicates(b"[" * 64 + b"]" * 64)
    with pytest.raises(strict_json.TooDeep):
        strict_json.refuse_duplicates(b"[" * 65 + b"]" * 65)


def test_brackets_in_strings_are_no_nesting() -> None:
    strict_json.refuse_duplicates(b'["' + b"[" * 200 + b'"]')


@pytest.mark.parametrize(
    "text", ['{"a": NaN}', '{"a": -Infinity}', '{"a": 1e400}', '{"a": 123456789012345678901}']
)
def test_numbers_that_no_two_readers_agree_on_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        strict_json.refuse_duplicates(text.encode())
