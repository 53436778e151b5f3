"""Where the memory of threads comes from."""

from __future__ import annotations

import sys

import pytest

from hourloom.core.heaps import share_one_heap


def test_sharing_a_heap_is_nothing_that_could_stop_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_heap()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())  # a C library without it
    share_one_heap()
    monkeypatch.setattr(sys, "platform", "darwin")
    share_one_heap()
