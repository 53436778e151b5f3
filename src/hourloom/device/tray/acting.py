"""What is done when a person chooses something in the menu."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hourloom.core.clock import HOUR, MINUTE, Clock, Instant, datetime_of
from hourloom.core.days import SYSTEM, day_of, zone_of
from hourloom.device.tray.ports import Choice, Pausing

DAY_STARTS_AT = 4 * 60
"""Minutes after midnight at which a day begins unless the user says otherwise."""


class Acting:
    """Carries out choices; `open` and `quit` are what the program does for those."""

    def __init__(
        self,
        pausing: Pausing,
        clock: Clock,
        open: Callable[[], None],  # noqa: A002 - the word of the menu
        quit: Callable[[], None],  # noqa: A002 - as above
        zone: str = SYSTEM,
        day_starts_at: int = DAY_STARTS_AT,
    ) -> None:
        self.zone, self.day_starts_at = zone, day_starts_at
        self._pausing, self._clock, self._open, self._quit = pausing, clock, open, quit

    def __call__(self, choice: Choice) -> None:
        """Do what was chosen."""
        now = self._clock.now()
        match choice:
            case Choice.PAUSE_15_MINUTES:
                self._pausing.pause(Instant(now + 15 * MINUTE))
            case Choice.PAUSE_1_HOUR:
                self._pausing.pause(Instant(now + HOUR))
            case Choice.PAUSE_UNTIL_TOMORROW:
                self._pausing.pause(tomorrow(now, self.zone, self.day_starts_at))
            case Choice.RESUME:
                self._pausing.resume()
            case Choice.OPEN:
                self._open()
            case Choice.QUIT:
                self._quit()


def tomorrow(now: Instant, zone: str = SYSTEM, day_starts_at: int = DAY_STARTS_AT) -> Instant:
    """Return when the user's present day ends.

    At 02:00, with days that begin at 04:00, that is two hours later: the night belongs to the day before.
    """
    today = datetime_of(now).astimezone(zone_of(zone)).date()
    ends = (day_of(today + timedelta(days=offset), zone, day_starts_at)[1] for offset in (-1, 0, 1))
    return next(end for end in ends if end > now)
