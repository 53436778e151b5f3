"""Both ways to the cipher: they agree, and neither opens what was changed."""

from __future__ import annotations

import sys

import pytest

from hourloom.sdk.outbox import cipher
from hourloom.sdk.outbox.cipher import NONCE, TAG, Cipher, OpenSsl, Package, Unreadable, cipher_for

KEY = bytes(range(32))
WAYS: list[type[Cipher]] = [Package]
if sys.platform == "linux":
    WAYS.append(OpenSsl)


@pytest.mark.parametrize("sealer", WAYS)
@pytest.mark.parametrize("opener", WAYS)
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 70_000])
def test_what_one_seals_the_other_opens(sealer: type[Cipher], opener: type[Cipher], size: int) -> None:
    nonce, body = bytes(NONCE), bytes(size)
    sealed = sealer(KEY).sealed(nonce, body, b"place")  # type: ignore[call-arg]
    assert len(sealed) == size + TAG
    assert opener(KEY).opened(nonce, sealed, b"place") == body  # type: ignore[call-arg]


@pytest.mark.parametrize("way", WAYS)
def test_what_was_changed_is_not_opened(way: type[Cipher]) -> None:
    made, nonce = way(KEY), bytes(NONCE)  # type: ignore[call-arg]
    sealed = made.sealed(nonce, b"title", b"place")
    for wrong in (
        *(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))),
        sealed[:-1],
        sealed[: TAG - 1],
        b"",
    ):
        with pytest.raises(Unreadable):
            made.opened(nonce, wrong, b"place")
    for other_nonce, place in ((bytes(NONCE), b"elsewhere"), (b"x" * NONCE, b"place")):
        with pytest.raises(Unreadable):
            made.opened(other_nonce, sealed, place)
    with pytest.raises(Unreadable):
        way(bytes(32)).opened(nonce, sealed, b"place")  # type: ignore[call-arg]


def test_the_cheaper_way_is_taken_only_where_it_gives_what_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(cipher_for(KEY), tuple(WAYS))
    monkeypatch.setattr(cipher, "_KNOWN", b"something else")
    assert isinstance(cipher_for(KEY), Package)
