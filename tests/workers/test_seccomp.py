"""The filter of system calls, walked as the kernel walks it."""

from __future__ import annotations

import errno
from collections.abc import Sequence

import pytest

from hourloom.workers import calls
from hourloom.workers.seccomp import ARCHITECTURES, Step, program

ALLOWED, KILLED = 0x7FFF0000, 0x80000000
PID = 4242
EVERYWHERE = pytest.mark.parametrize("machine", sorted(ARCHITECTURES))
ORDINARY = {
    "x86_64": {"read": 0, "write": 1, "mmap": 9, "brk": 12, "exit_group": 231, "futex": 202, "pread64": 17},
    "aarch64": {
        "read": 63,
        "write": 64,
        "mmap": 222,
        "brk": 214,
        "exit_group": 94,
        "futex": 98,
        "pread64": 67,
    },
}


def refused(number: int) -> int:
    return 0x00050000 | number


def answered(steps: Sequence[Step], architecture: int, call: int, argument: int = 0) -> int:
    """Return what a filter answers to a call."""
    words = {0: call, 4: architecture, 16: argument}
    at, loaded = 0, 0
    while True:
        code, if_so, if_not, value = steps[at]
        match code:
            case 0x20:
                loaded = words[value]
                at += 1
            case 0x15:
                at += 1 + (if_so if loaded == value else if_not)
            case 0x25:
                at += 1 + (if_so if loaded > value else if_not)
            case _:
                assert code == 0x06
                return value


def the_filter(machine: str, *, opens_files: bool) -> list[Step]:
    steps = program(machine, PID, opens_files=opens_files)
    assert steps is not None
    return steps


@EVERYWHERE
@pytest.mark.parametrize("opens_files", [False, True])
def test_what_a_reader_never_needs_is_refused(machine: str, opens_files: bool) -> None:  # noqa: FBT001 - a parameter
    steps = the_filter(machine, opens_files=opens_files)
    groups = (calls.NETWORK, calls.PROCESSES, calls.KERNEL, calls.OTHER_FILES, calls.RIGHTS)
    for group in groups:
        for name, number in group[machine].items():
            assert answered(steps, ARCHITECTURES[machine], number) == refused(errno.EPERM), name
    for name, number in calls.OPENING[machine].items():
        expected = ALLOWED if opens_files else refused(errno.EPERM)
        assert answered(steps, ARCHITECTURES[machine], number) == expected, name


@EVERYWHERE
def test_reading_and_answering_are_allowed(machine: str) -> None:
    steps = the_filter(machine, opens_files=False)
    for name, number in ORDINARY[machine].items():
        assert answered(steps, ARCHITECTURES[machine], number) == ALLOWED, name


@EVERYWHERE
def test_signals_reach_oneself_alone(machine: str) -> None:
    steps = the_filter(machine, opens_files=False)
    for number in calls.SIGNALS[machine].values():
        assert answered(steps, ARCHITECTURES[machine], number, PID) == ALLOWED
        for other in (0, 1, PID + 1, 2**32 - 1):
            assert answered(steps, ARCHITECTURES[machine], number, other) == refused(errno.EPERM)
    limits = calls.LIMITS[machine]["prlimit64"]
    allowed = [answered(steps, ARCHITECTURES[machine], limits, process) for process in (0, PID, 1)]
    assert allowed == [ALLOWED, ALLOWED, refused(errno.EPERM)]


@EVERYWHERE
def test_calls_of_later_kernels_and_of_x32_are_not_there(machine: str) -> None:
    steps = the_filter(machine, opens_files=True)
    for number in (calls.NEWEST + 1, 462, 0x40000000, 0x40000000 + 41, 2**32 - 1):
        assert answered(steps, ARCHITECTURES[machine], number) == refused(errno.ENOSYS)


@EVERYWHERE
def test_calls_in_another_processors_way_end_the_process(machine: str) -> None:
    steps = the_filter(machine, opens_files=True)
    for architecture in (0x40000003, *(set(ARCHITECTURES.values()) - {ARCHITECTURES[machine]})):
        assert answered(steps, architecture, 0) == KILLED


def test_no_filter_is_made_for_a_processor_whose_calls_are_unknown() -> None:
    assert program("riscv64", PID, opens_files=False) is None


def test_no_call_is_listed_twice() -> None:
    groups = (calls.NETWORK, calls.PROCESSES, calls.KERNEL, calls.OTHER_FILES, calls.RIGHTS, calls.OPENING)
    for machine in ARCHITECTURES:
        numbers = [number for group in groups for number in group[machine].values()]
        assert len(numbers) == len(set(numbers))
