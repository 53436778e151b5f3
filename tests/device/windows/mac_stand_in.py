"""Runs the program that asks macOS on a stand-in, which a test moves through lines in a named pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from hourloom.device.windows import macos_teller
from hourloom.device.windows.macos_teller import Application


class FakeMac:
    """Calls back only for what was asked to be followed."""

    def __init__(self) -> None:
        self._front: Application | None = Application(
            100, "/Applications/Text Edit.app", "com.apple.TextEdit"
        )
        self._titles = {100: "first words"}
        self._trusted = True
        self._followed: tuple[int, Callable[[], None]] | None = None

    def frontmost(self) -> Application | None:
        return self._front

    def is_trusted(self) -> bool:
        return self._trusted

    def title(self, process: int) -> str:
        assert self._trusted
        return self._titles.get(process, "")

    def follow(self, process: int, changed: Callable[[], None]) -> None:
        self._followed = process, changed

    def run(self, activated: Callable[[], None]) -> None:
        with open(sys.argv[1]) as orders:
            for line in orders:
                self._obey(activated, **json.loads(line))

    def _obey(
        self,
        activated: Callable[[], None],
        *,
        front: tuple[int, str, str] | None = None,
        titles: dict[str, str] | None = None,
        trusted: bool | None = None,
        locked: bool = False,
    ) -> None:
        self._titles |= {int(process): title for process, title in (titles or {}).items()}
        if trusted is not None:
            self._trusted = trusted
        if front or locked:
            self._front = None if locked else Application(*front or (0, "", ""))
        if front or locked or trusted is not None:
            activated()
        elif self._followed and str(self._followed[0]) in (titles or {}):
            self._followed[1]()


if __name__ == "__main__":
    if sys.argv[1] == "missing":
        macos_teller.main()
    elif sys.argv[1] == "nonsense":
        sys.stdout.write("[1, 2]\n")
    elif sys.argv[1] == "endless":
        sys.stdout.write("x" * 1_000_000)
    elif sys.argv[1] != "silent":
        macos_teller.main(FakeMac)
