"""Canonical data."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.imports.activitywatch.payload import canonical
from hourloom.imports.model import FaultyData

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=5)


@given(data=OBJECTS, ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_however_it_is_written_it_means_the_same(
    data: dict[str, object], *, ascii_only: bool, indent: int | None
) -> None:
    raw = json.dumps(data, ensure_ascii=ascii_only, indent=indent).encode()
    assert json.loads(canonical(raw)) == data
    assert canonical(raw) == canonical(canonical(raw))


def test_keys_are_sorted_and_blanks_dropped() -> None:
    assert (
        canonical(b'{ "title": "caf\\u00e9",\n "app": "Code" }') == '{"app":"Code","title":"café"}'.encode()
    )


def test_lone_surrogates_and_bytes_that_are_not_utf8_become_replacement_characters() -> None:
    assert canonical(b'{"a\\ud83d": ["x\\udc00y"]}') == '{"a\ufffd":["x\ufffdy"]}'.encode()
    assert canonical(b'{"a": "\xff"}') == '{"a":"\ufffd"}'.encode()


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert canonical(b'{"a":"\\ud83d\\ude00","b":"\\ud83d"}') == '{"a":"\U0001f600","b":"\ufffd"}'.encode()


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"[1]", "not an object"),
        (b"null", "not an object"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "out of range"),
        (b'{"a": 9223372036854775808}', "64 bits"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": "\\"", "b": {"\\u0063": 1, "c": 2}}', "twice"),
        (nested(61), "nested"),
        (nested(900), "nested"),
        (nested(100_000), "nested"),
        (b'{"a":"\\ud800","b":' + b"[" * 70 + b"]" * 70 + b"}", "nested"),
        (b'{"a":"' + b"x" * (1 << 20) + b'"}', "1 MiB"),
        (b'{"a":', "not valid JSON"),
    ],
)
def test_unusable_data_says_why(raw: bytes, reason: str) -> None:
    with pytest.raises(FaultyData, match=reason):
        canonical(raw)


def test_sixty_levels_are_fine() -> None:
    assert canonical(nested(60)) == nested(60)
