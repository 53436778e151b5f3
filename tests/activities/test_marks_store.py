"""Marks on both databases: what is said is what is read, and an undo puts back just what was."""

from __future__ import annotations

from hourloom.activities import store
from hourloom.activities.model.mark import Mark
from hourloom.activities.model.rule import Outcome
from hourloom.activities.service.marks import Marks
from hourloom.core.clock import DAY, HOUR, Instant
from hourloom.operations.service import Operations
from hourloom.testing import ServerInMemory
from tests.activities.lanes import MIDNIGHT, ORDINARY, a_day, told


def test_a_mark_is_laid_over_its_day_and_undo_leaves_what_was(server: ServerInMemory) -> None:
    a_day(server)
    marks, operations, who = server.service(Marks), server.service(Operations), server.owner
    away = Mark(0, Instant(MIDNIGHT), Instant(MIDNIGHT + DAY - HOUR), "away", note="ill")
    made, operation = server.write(lambda: marks.add(who, [away]))
    assert told(server) == []
    assert marks.between(who, Instant(MIDNIGHT), Instant(MIDNIGHT + DAY), 2**62, 10) == made
    server.write(lambda: operations.undo(who, operation))
    assert told(server) == ORDINARY
    assert marks.between(who, Instant(0), Instant(MIDNIGHT + DAY), 2**62, 10) == []


def test_marks_are_read_by_time_by_number_and_all(server: ServerInMemory) -> None:
    who = server.owner

    def write() -> None:
        with server.database.begin() as tx:
            workspace, user = who.workspace_id, who.user_id
            one = Mark(7, Instant(10), Instant(20), None, Outcome(3, None, (1, 2)), "a", Instant(5))
            two = Mark(0, Instant(15), Instant(30 * DAY), "present", note="b", at=Instant(9))
            store.put_mark(tx, workspace, user, one)
            number = store.add_mark(tx, workspace, user, two)
            assert store.marks_between(tx, workspace, user, 19, 21)[0] == one
            assert [m.id for m in store.marks_between(tx, workspace, user, 20, 21)] == [number]
            assert store.marks_between(tx, workspace, user, 0, 10) == []
            assert store.extent_of_marks(tx, workspace, user) == (10, 30 * DAY)
            assert store.extent_of_marks(tx, workspace, user + 1) is None
            assert store.marks_by_number(tx, workspace, user, [7, 9_999]) == [one]
            assert (store.count_marks(tx, workspace), store.last_marked(tx, workspace)) == (2, 9)
            assert store.notes_of(tx, workspace, [7]) == {7: "a"}
            assert store.count_marks_giving(tx, workspace, [3]) == 1
            store.drop_mark(tx, workspace, 7)
            assert not store.has_marks(tx, 7, 7)
            assert [user for user, _ in store.marks_of_all(tx, workspace)] == [who.user_id]
            store.note_days_marked(tx, workspace, user, 3, 4)
            store.note_days_marked(tx, workspace, user, 4, 4)
            assert sorted(store.day_versions(tx, workspace, user, 3, 4)) == [(3, 1), (4, 2)]

    server.write(write)
