"""What was sealed comes out again, or not at all."""

from __future__ import annotations

import contextlib
import io
import itertools
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.sealing.model import (
    CutShort,
    Lengthened,
    NotSealed,
    Tampered,
    WrongKey,
)
from hourloom.sealing.stream import Sealing, Unsealed, open_by, seal, sealed_header, unseal
from tests.sealing.sealed import CHUNK, PASSPHRASE, a_keyring, opened, parts_of, sealed

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK + 77]
CONTENT = bytes(range(256)) * 3


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_out_again(size: int) -> None:
    content = bytes(n % 251 for n in range(size))

    assert opened(sealed(content)) == content


@given(
    pieces=st.lists(st.binary(max_size=3 * CHUNK), max_size=6),
    reads=st.lists(st.integers(0, 3 * CHUNK), min_size=1, max_size=6),
)
def test_it_does_not_matter_in_which_pieces_it_is_written_and_read(
    pieces: list[bytes], reads: list[int]
) -> None:
    keys = a_keyring()
    target = io.BytesIO()
    with seal(target, "file", keys.document, keys.data_key, chunk_bytes=CHUNK) as file:
        for piece in pieces:
            file.write(piece)
    target.seek(0)

    with unseal(target, sealed_header(target), keys.data_key.key) as file:
        found = b"".join([*(file.read(size) for size in reads), file.read()])

    assert found == b"".join(pieces)


def test_the_same_content_never_looks_the_same() -> None:
    first, second = sealed(CONTENT), sealed(CONTENT)

    assert first != second
    assert CONTENT[:32] not in first
    assert not set(parts_of(first)[1]) & set(parts_of(second)[1])


def test_it_opens_by_the_passphrase_and_by_the_recovery_code_alone() -> None:
    whole = sealed(CONTENT)
    header = sealed_header(io.BytesIO(whole))

    found = [open_by(header, passphrase=PASSPHRASE), open_by(header, recovery_code=a_keyring().code)]

    assert [opened(whole, key) for key in found] == [CONTENT, CONTENT]


def test_a_data_key_of_another_database_does_not_open_it() -> None:
    with pytest.raises(WrongKey):
        opened(sealed(CONTENT), a_keyring("another").data_key.key)


def test_every_missing_tail_is_told() -> None:
    whole = sealed(CONTENT)
    header, _ = parts_of(whole)

    for end in range(1, len(whole)):
        with pytest.raises(CutShort):
            opened(whole[:end])
    assert len(header) > 1000
    with pytest.raises(NotSealed):
        opened(b"")


def test_every_changed_byte_is_told() -> None:
    whole = sealed(CONTENT)

    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        with pytest.raises((Tampered, CutShort, NotSealed)) as told:
            opened(bytes(changed))
        if at < 16:
            assert told.type is NotSealed
        elif at not in range(18, 22):
            # A longer head would end behind the end of the file; everything else is told exactly.
            assert told.type is Tampered, at


@given(added=st.binary(min_size=1, max_size=300))
def test_what_was_added_behind_the_end_is_told(added: bytes) -> None:
    with pytest.raises(Lengthened):
        opened(sealed(CONTENT) + added)


@given(st.permutations(range(4)), st.lists(st.integers(0, 3), max_size=6))
def test_chunks_in_another_order_or_number_are_told(order: list[int], other: list[int]) -> None:
    header, chunks = parts_of(sealed(CONTENT + b"more"))
    assert len(chunks) == 4

    for places in (order, other):
        if places != [0, 1, 2, 3]:
            with pytest.raises((Tampered, CutShort, Lengthened)):
                opened(header + b"".join(chunks[place] for place in places))


def test_no_splice_of_two_files_of_one_key_opens() -> None:
    parts = [parts_of(sealed(CONTENT)) for _ in range(2)]
    choices = list(itertools.product((0, 1), repeat=4))

    for head, *chosen in choices:
        whole = parts[head][0] + b"".join(parts[one][1][at] for at, one in enumerate(chosen))
        if {head, *chosen} in ({0}, {1}):
            assert opened(whole) == CONTENT
        else:
            with pytest.raises(Tampered):
                opened(whole)


def test_one_kind_cannot_pass_for_another() -> None:
    whole = sealed(CONTENT, kind="archive")
    header, chunks = parts_of(sealed(CONTENT, kind="backup"))

    assert sealed_header(io.BytesIO(whole)).kind == "archive"
    with pytest.raises(Tampered):
        opened(parts_of(whole)[0] + b"".join(chunks))
    assert opened(header + b"".join(chunks)) == CONTENT


def test_what_comes_before_the_damage_is_authentic_and_the_rest_is_never_released() -> None:
    header, chunks = parts_of(sealed(CONTENT))
    whole = header + chunks[0] + bytes(len(chunks[1])) + chunks[2]
    source = io.BytesIO(whole)

    file = Unsealed(cast("BinaryIO", source), sealed_header(source), a_keyring().data_key.key)

    assert file.read(CHUNK) == CONTENT[:CHUNK]
    with pytest.raises(Tampered):
        file.read(1)


def test_a_reader_that_leaves_early_still_learns_of_a_missing_end() -> None:
    header, chunks = parts_of(sealed(CONTENT))
    source = io.BytesIO(header + chunks[0] + chunks[1])

    with pytest.raises(CutShort), unseal(source, sealed_header(source), a_keyring().data_key.key) as file:
        assert file.read(10) == CONTENT[:10]


def test_a_file_whose_making_failed_never_opens() -> None:
    keys, target = a_keyring(), io.BytesIO()

    with contextlib.suppress(ZeroDivisionError), seal(target, "file", keys.document, keys.data_key) as file:
        file.write(CONTENT)
        raise ZeroDivisionError

    with pytest.raises(CutShort):
        opened(target.getvalue())


class _InDrops(io.RawIOBase):
    """A source that gives one byte at a time, as a pipe may."""

    def __init__(self, whole: bytes) -> None:
        self._whole = io.BytesIO(whole)

    def read(self, size: int = -1, /) -> bytes:
        return self._whole.read(min(1, size))


def test_a_source_may_give_little_at_a_time() -> None:
    source = cast("BinaryIO", _InDrops(sealed(CONTENT)))

    with unseal(source, sealed_header(source), a_keyring().data_key.key) as file:
        assert file.read() == CONTENT


def test_sealing_holds_no_more_than_a_chunk() -> None:
    class Counting(io.BytesIO):
        largest = 0

        def write(self, content: object, /) -> int:
            self.largest = max(self.largest, len(content))  # type: ignore[arg-type]
            return self.largest

    keys, target = a_keyring(), Counting()
    with seal(target, "file", keys.document, keys.data_key) as file:
        for _ in range(40):
            file.write(bytes(100_000))
        assert isinstance(file, Sealing)
        assert len(file._held) <= 64 * 1024

    assert target.largest == 4 + 64 * 1024 + 16
