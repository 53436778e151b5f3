"""Records are sealed for their place: none opens that was changed, moved or sealed with another key."""

from __future__ import annotations

import pytest

from hourloom.sdk.outbox.segment import NONCE, TAG, Seal, Unreadable

KEY = bytes(range(32))


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 70_000])
def test_what_is_sealed_is_opened(size: int) -> None:
    body = bytes(size)
    sealed = Seal(KEY).sealed(body, b"place")
    assert len(sealed) == NONCE + size + TAG
    assert Seal(KEY).opened(sealed, b"place") == body


def test_what_was_changed_or_belongs_elsewhere_is_not_opened() -> None:
    seal = Seal(KEY)
    sealed = seal.sealed(b"title", b"place")
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for wrong in (*changed, sealed[:-1], sealed[: NONCE + TAG - 1], sealed[:3], b""):
        with pytest.raises(Unreadable):
            seal.opened(wrong, b"place")
    with pytest.raises(Unreadable):
        seal.opened(sealed, b"elsewhere")
    with pytest.raises(Unreadable):
        Seal(bytes(32)).opened(sealed, b"place")


def test_a_record_of_earlier_versions_opens() -> None:
    # Test case 14 of the cipher's authors, with the tag of an empty place.
    sealed = bytes.fromhex("00" * 12 + "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
    assert Seal(bytes(32)).opened(sealed, b"") == bytes(16)
