"""The recovery code, as people read, write and mistype it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.db.keys import recovery
from hourloom.db.keys.errors import RecoveryCodeIncomplete, RecoveryCodeMistyped

SECRETS = st.binary(min_size=20, max_size=20)
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_a_code_has_eight_groups_of_five() -> None:
    code = recovery.code_of(bytes(range(20)))
    assert [len(group) for group in code.split("-")] == [5] * 8


@given(SECRETS)
def test_a_code_reads_back(secret: bytes) -> None:
    assert recovery.secret_of(recovery.code_of(secret)) == secret


@given(
    SECRETS,
    st.sampled_from([" ", "", "  ", " - ", "\n", "\u2013", "\u00a0"]),
    st.sampled_from(["lower", "upper"]),
    st.data(),
)
def test_a_code_reads_however_it_is_written(
    secret: bytes, between: str, case: str, data: st.DataObject
) -> None:
    code = recovery.code_of(secret).replace("-", between)
    zeros, ones = data.draw(st.sampled_from("0Oo")), data.draw(st.sampled_from("1IiLl"))
    written = (code.lower() if case == "lower" else code).replace("0", zeros).replace("1", ones)
    assert recovery.secret_of(written) == secret


@given(SECRETS, st.integers(0, 7), st.integers(0, 4), st.sampled_from(SYMBOLS))
def test_every_mistyped_symbol_names_its_group(secret: bytes, group: int, place: int, symbol: str) -> None:
    groups = recovery.code_of(secret).split("-")
    right = groups[group]
    groups[group] = right[:place] + symbol + right[place + 1 :]
    if groups[group] == right:
        return
    with pytest.raises(RecoveryCodeMistyped, match=f"Group {group + 1} of the recovery code .* is mistyped"):
        recovery.secret_of("-".join(groups))


@given(SECRETS, st.integers(0, 7), st.integers(0, 3))
def test_swapped_neighbours_are_found(secret: bytes, group: int, place: int) -> None:
    groups = recovery.code_of(secret).split("-")
    text = groups[group]
    groups[group] = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if groups[group] != text:
        with pytest.raises(RecoveryCodeMistyped):
            recovery.secret_of("-".join(groups))


@given(SECRETS, st.integers(0, 6))
def test_swapped_groups_are_found(secret: bytes, group: int) -> None:
    groups = recovery.code_of(secret).split("-")
    groups[group], groups[group + 1] = groups[group + 1], groups[group]
    with pytest.raises(RecoveryCodeMistyped):
        recovery.secret_of("-".join(groups))


@given(st.text())
def test_any_other_text_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises((RecoveryCodeIncomplete, RecoveryCodeMistyped)):
        recovery.secret_of(text)


def test_a_code_cut_short_says_how_much_is_there() -> None:
    with pytest.raises(RecoveryCodeIncomplete, match="has 40 letters and digits, this one has 35"):
        recovery.secret_of(recovery.code_of(bytes(20))[:-6])
