"""What waits on disk: whatever is cut off, destroyed or refused, everything else is there and in order."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.sdk.outbox import lane as lanes
from hourloom.sdk.outbox.beats import Declaration, Waiting
from hourloom.sdk.outbox.lane import Lane, series_of
from hourloom.sdk.outbox.segment import Seal

SEAL = Seal(bytes(32))
DESK = Declaration("desk", "currentwindow", "test", "here")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "put", "send", "lose", "restart"]),
        st.integers(0, 8),
        st.sampled_from("abc"),
    ),
    max_size=40,
)


def waiting(at: int, title: str) -> Waiting:
    return Waiting(at, at, 3, b'{"title":"%s"}' % title.encode())


def found(folder: Path) -> Lane:
    (numbers,) = series_of(folder).values()
    lane = Lane.found(folder, SEAL, numbers)
    assert lane is not None
    return lane


def drained(lane: Lane) -> Iterator[tuple[int, int, bytes]]:
    while batch := lane.take(500):
        yield from ((beat.started_at, beat.ended_at, beat.data) for beat in batch)
        lane.settle(len(batch))


def test_cut_at_any_byte_a_file_loses_nothing_that_was_whole_before(tmp_path: Path) -> None:
    whole, ends = tmp_path / "whole", []
    whole.mkdir()
    lane = Lane.new(whole, SEAL, DESK)
    ends.append(lane.size)
    for number in range(4):
        lane.put(waiting(10 * number, f"{number}"))
        ends.append(lane.size)
    lane.close()
    (path,) = whole.iterdir()
    for size in range(ends[0], ends[-1] + 1):
        copy = tmp_path / f"{size}"
        shutil.copytree(whole, copy)
        os.truncate(copy / path.name, size)
        lane = found(copy)
        assert len(list(drained(lane))) == sum(end <= size for end in ends[1:])
        lane.put(waiting(100, "after"))
        lane.close()
        assert [data for *_, data in drained(found(copy))] == [b'{"title":"after"}']


def test_zeros_that_a_power_cut_left_are_cut_off(tmp_path: Path) -> None:
    lane = Lane.new(tmp_path, SEAL, DESK)
    lane.put(waiting(0, "a"))
    lane.close()
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes() + bytes(4096))
    assert [data for *_, data in drained(found(tmp_path))] == [b'{"title":"a"}']


def test_one_destroyed_record_costs_no_other(tmp_path: Path) -> None:
    lane = Lane.new(tmp_path, SEAL, DESK)
    sizes = []
    for number in range(3):
        lane.put(waiting(10 * number, f"{number}"))
        sizes.append(lane.size)
    lane.close()
    (path,) = tmp_path.iterdir()
    held = bytearray(path.read_bytes())
    held[sizes[1] - 1] ^= 1
    path.write_bytes(held)
    lane = found(tmp_path)
    assert [beat[0] for beat in drained(lane)] == [0, 20]
    assert (lane.damaged, lane.waiting) == (1, 0)


def test_a_record_put_elsewhere_is_not_taken_for_another(tmp_path: Path) -> None:
    lane = Lane.new(tmp_path, SEAL, DESK)
    begins = lane.size
    lane.put(waiting(0, "a"))
    lane.close()
    (path,) = tmp_path.iterdir()
    held = path.read_bytes()
    path.write_bytes(held + held[begins:])
    assert len(list(drained(found(tmp_path)))) == 1


@given(STEPS, st.integers(1, 4), st.integers(150, 700))
def test_whatever_happens_the_same_beats_come_out_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str]], memory: int, segment: int
) -> None:
    folder = tmp_path_factory.mktemp("lane")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lanes, "MOST_IN_MEMORY", 30 + memory)
        patched.setattr(lanes, "SEGMENT_BYTES", segment)
        lane = Lane.new(folder, SEAL, DESK)
        now, put, sent = 0, [], []
        for act, seconds, title in [*steps, ("send", 8, "a")]:
            if act == "put":
                now += 1 + seconds
                put.append((now, title))
                lane.put(waiting(now, title))
            elif act == "restart":
                lane.close()
                lane = found(folder)
            else:
                batch = lane.take(1 + seconds)
                if act == "send":
                    sent += [(beat.started_at, beat.ended_at, beat.data) for beat in batch]
                    lane.settle(len(batch))
                else:
                    lane.release()
        sent += drained(lane)
        assert lane.waiting == 0
        lane.close()
    assert stretched(sent) == stretched((at, at, b'{"title":"%s"}' % t.encode()) for at, t in put)
    shutil.rmtree(folder)


def stretched(beats: Iterator[tuple[int, int, bytes]] | list[tuple[int, int, bytes]]) -> list[object]:
    """Apply the rule of heartbeats, as the server does to what comes."""
    events: list[list[object]] = []
    for start, end, data in beats:
        newest = events[-1] if events else None
        if newest is not None and newest[2] == data and start <= int(str(newest[1])) + 3:
            newest[1] = max(int(str(newest[1])), end)
        else:
            events.append([start, end, data])
    return list(itertools.chain(events))


def test_what_a_full_disk_refuses_waits_in_memory_and_is_saved_later(tmp_path: Path) -> None:
    lane = Lane.new(tmp_path, SEAL, DESK)
    lane.put(waiting(0, "a"))
    write = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) > 10:
            return write(file, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "write", full)
        for number in range(1, 4):
            lane.put(waiting(10 * number, f"{number}"))
        assert lane.unsaved[0] == 3
        assert [beat.started_at for beat in lane.take(500)] == [0]
        lane.release()
    lane.put(waiting(40, "b"))
    assert lane.unsaved == (0, 0)
    lane.close()
    assert [beat[0] for beat in drained(found(tmp_path))] == [0, 10, 20, 30, 40]
