"""What every target of backups must do; a test class for each one inherits from this."""

from __future__ import annotations

from collections.abc import Callable

from hourloom.backups.model import NoSuchBackup
from hourloom.backups.ports import BackupFile, BackupTarget
from hourloom.core.errors import HourloomError

NAME = "hourloom-0123abcd-20260302T040000Z-0a1b2c.backup"
LATER = "hourloom-0123abcd-20260303T040000Z-0a1b2c.backup"
STATE = f"{NAME}.state"
CONTENT = bytes(range(256)) * 4097


class BackupTargetContract:
    """The tests; the fixture `target` of the subclass gives an empty target."""

    def test_what_was_put_is_listed_and_read_back(self, target: BackupTarget) -> None:
        """Take a file in pieces and give it back as it was."""
        put(target, NAME, CONTENT)
        put(target, STATE, b"{}")
        assert sorted(target.list()) == [BackupFile(NAME, len(CONTENT)), BackupFile(STATE, 2)]
        assert read(target, NAME) == CONTENT

    def test_a_file_is_read_in_pieces(self, target: BackupTarget) -> None:
        """Give no more than was asked for."""
        put(target, NAME, CONTENT)
        with target.open(NAME) as file:
            assert [file.read(10), file.read(300)] == [CONTENT[:10], CONTENT[10:310]]

    def test_a_file_that_is_not_finished_is_not_there(self, target: BackupTarget) -> None:
        """Show a file neither while it is written nor when writing it failed."""
        stopped = False
        try:
            with target.put(NAME) as file:
                file.write(CONTENT)
                assert target.list() == []
                raise InterruptedError
        except (InterruptedError, HourloomError):
            stopped = True
        assert stopped
        assert target.list() == []

    def test_a_file_takes_the_place_of_another_as_a_whole(self, target: BackupTarget) -> None:
        """Keep the old one until the new one is whole."""
        put(target, NAME, b"old")
        with target.put(NAME) as file:
            file.write(b"new and longer")
            assert read(target, NAME) == b"old"
        assert read(target, NAME) == b"new and longer"

    def test_a_failed_replacement_leaves_the_old_file(self, target: BackupTarget) -> None:
        """Keep the old one when the new one fails."""
        put(target, NAME, b"old")
        assert fails(lambda: put(target, NAME, None)) is not None
        assert read(target, NAME) == b"old"

    def test_a_deleted_file_is_gone_and_may_be_deleted_again(self, target: BackupTarget) -> None:
        """Delete one file and no other."""
        put(target, NAME, b"one")
        put(target, LATER, b"two")
        target.delete(NAME)
        target.delete(NAME)
        assert [file.name for file in target.list()] == [LATER]

    def test_what_is_not_there_cannot_be_opened(self, target: BackupTarget) -> None:
        """Say so in its own error."""
        assert isinstance(fails(lambda: read(target, NAME)), NoSuchBackup)

    def test_only_names_of_ours_are_taken(self, target: BackupTarget) -> None:
        """Refuse whatever could lead elsewhere."""
        for name in ("../evil.backup", "/etc/passwd", f"../{NAME}", f"{NAME}/..", "", ".", "notes.txt"):
            assert isinstance(fails(lambda name=name: put(target, name, b"x")), NoSuchBackup)  # type: ignore[misc]
            assert isinstance(fails(lambda name=name: read(target, name)), NoSuchBackup)  # type: ignore[misc]
            assert isinstance(fails(lambda name=name: target.delete(name)), NoSuchBackup)  # type: ignore[misc]

    def test_it_says_where_it_is(self, target: BackupTarget) -> None:
        """Be there, tell where, and tell how much fits or that it cannot tell."""
        target.require()
        assert target.place
        free = target.free_space()
        assert free is None or free > 0


def put(target: BackupTarget, name: str, content: bytes | None) -> None:
    """Put a file; None fails in the middle of it."""
    with target.put(name) as file:
        for at in range(0, len(content or b"x"), 100_000):
            file.write((content or b"x")[at : at + 100_000])
        if content is None:
            raise InterruptedError


def read(target: BackupTarget, name: str) -> bytes:
    """Return a whole file."""
    with target.open(name) as file:
        return file.read()


def fails(action: Callable[[], object]) -> Exception | None:
    """Return the error that an action raises, if it does."""
    try:
        action()
    except (HourloomError, OSError) as error:
        return error
    return None
