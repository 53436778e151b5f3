"""The menu of the icon: what is in it in which state. Pure."""

from __future__ import annotations

from typing import NamedTuple

from hourloom.core.clock import datetime_of
from hourloom.device.tray.ports import Choice, Look, TrayState

LONGEST = 120


class Item(NamedTuple):
    """A line of the menu; its number is the same in every state."""

    id: int
    label: str = ""
    choice: Choice | None = None
    is_enabled: bool = True
    is_visible: bool = True
    is_line: bool = False
    """Whether it only separates others."""


def menu_of(state: TrayState) -> tuple[Item, ...]:
    """Return the menu in a state."""
    is_paused = state.look is Look.PAUSED
    return (
        Item(1, headline_of(state), is_enabled=False),
        Item(2, is_line=True),
        Item(3, "Pause for 15 minutes", Choice.PAUSE_15_MINUTES),
        Item(4, "Pause for 1 hour", Choice.PAUSE_1_HOUR),
        Item(5, "Pause until tomorrow", Choice.PAUSE_UNTIL_TOMORROW),
        Item(6, "Resume recording", Choice.RESUME, is_enabled=is_paused, is_visible=is_paused),
        Item(7, is_line=True),
        Item(8, "Open Hourloom", Choice.OPEN),
        Item(9, "Quit", Choice.QUIT),
    )


def headline_of(state: TrayState) -> str:
    """Return the state in one line, without what a panel could not show."""
    words = state.sentence
    if state.look is Look.PAUSED and state.paused_until is not None:
        wall = datetime_of(state.paused_until).astimezone()
        words = f"Paused until {wall:%H:%M}"
    line = "".join(letter if letter.isprintable() else " " for letter in words[: 4 * LONGEST]).strip()
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
