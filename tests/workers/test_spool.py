"""What is spooled is unreadable on the disk, and read at any place with the key."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourloom.core.errors import StorageFull
from hourloom.workers.spool import SpoolFile, unspooled

TITLE = b"Letter to the lawyer"


def test_the_disk_holds_nothing_readable_and_no_name(tmp_path: Path) -> None:
    with SpoolFile(tmp_path) as file:
        for _ in range(1000):
            file.write(TITLE)
        stored = os.pread(file.descriptor, 1 << 20, 0)
        assert (len(stored), file.size) == (20_000, 20_000)
        assert TITLE not in stored
        assert stored[:16] != stored[20:36]
        if os.name == "posix":
            assert list(tmp_path.iterdir()) == []
        assert unspooled(file.descriptor, file.key).read() == TITLE * 1000


def test_no_two_files_share_a_key(tmp_path: Path) -> None:
    with SpoolFile(tmp_path) as one, SpoolFile(tmp_path) as other:
        assert one.key != other.key


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(pieces=st.lists(st.binary(max_size=100), max_size=8), data=st.data())
def test_it_is_read_from_any_place(tmp_path: Path, pieces: list[bytes], data: st.DataObject) -> None:
    content = b"".join(pieces)
    with SpoolFile(tmp_path) as file:
        for piece in pieces:
            file.write(piece)
        reader = unspooled(file.descriptor, file.key)
        for _ in range(3):
            at = data.draw(st.integers(0, len(content) + 1))
            length = data.draw(st.integers(0, 120))
            assert reader.seek(at) == at
            assert reader.read(length) == content[at : at + length]
        assert reader.seek(0, os.SEEK_END) == len(content)


@pytest.mark.parametrize("key", [None])
def test_without_a_key_an_open_file_is_read_as_it_is(tmp_path: Path, key: bytes | None) -> None:
    (tmp_path / "file").write_bytes(TITLE)
    with (tmp_path / "file").open("rb") as file:
        readers = [unspooled(file.fileno(), key) for _ in range(2)]
        assert [reader.read(6) for reader in readers] == [b"Letter"] * 2


class FullDisk:
    """A file on a disk with no room."""

    def __init__(self, number: int) -> None:
        self._number = number

    def write(self, _: memoryview) -> int:
        raise OSError(self._number, os.strerror(self._number))


@pytest.mark.parametrize(("number", "raised"), [(errno.ENOSPC, StorageFull), (errno.EIO, OSError)])
def test_a_full_disk_is_told_as_such(tmp_path: Path, number: int, raised: type[Exception]) -> None:
    with SpoolFile(tmp_path) as file:
        own, file._file = file._file, FullDisk(number)  # type: ignore[assignment]  # it writes, which is all
        with pytest.raises(raised):
            file.write(TITLE)
        file._file = own
        assert file.size == 0
