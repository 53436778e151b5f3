"""Types are prepared one after another, whichever thread asks first."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from hourloom.core.decoding import convert, decode, decoder_of

RACE = """
from __future__ import annotations
import sys, threading, msgspec
from hourloom.core.decoding import convert, decode

sys.setswitchinterval(1e-6)
for n in range(100):
    class Part(msgspec.Struct):
        a: dict[str, int | None]
        b: list[tuple[int, str]]
    class Whole(msgspec.Struct):
        a: Part | None
        b: list[Part]
    gate = threading.Barrier(4)
    def first(work):
        gate.wait()
        work()
    raw = b'{"a": null, "b": []}'
    works = [lambda: decode(raw, Whole), lambda: decode(raw, Whole), lambda: decode(b"[]", list[Whole]),
             lambda: convert({"a": {}, "b": []}, Part)]
    threads = [threading.Thread(target=first, args=(work,)) for work in works]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
print("done")
"""


class Point(msgspec.Struct):
    x: int


def test_a_decoder_is_made_once() -> None:
    assert decoder_of(Point) is decoder_of(Point)
    assert decoder_of(Point) is not decoder_of(Point, strict=False)


def test_values_are_decoded_and_converted() -> None:
    assert decode(b'{"x": 1}', Point) == Point(1)
    assert decode('{"x": "1"}', Point, strict=False) == Point(1)
    assert decode(b'{"x": 1}') == {"x": 1}
    assert convert({"x": "1"}, Point, strict=False) == Point(1)
    with pytest.raises(msgspec.ValidationError):
        convert({"x": "1"}, Point)


def test_threads_that_ask_first_at_the_same_time_get_answers() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", RACE], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr[-500:]
