"""Which mechanisms there are on a system, the best first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hourloom.device.away.presence import Rule
from hourloom.device.ports import Source


def mechanisms(
    environment: Mapping[str, str], rule: Callable[[], Rule], platform: str
) -> Sequence[Sequence[Source]]:
    """Return the groups: input first, then what tells of locks and sleep, and of media."""
    if platform == "win32":
        from hourloom.device.away.polling import Polled  # noqa: PLC0415 - each system loads its own
        from hourloom.device.away.win32 import WindowsCalls  # noqa: PLC0415

        return [[Polled("Windows", WindowsCalls, rule)]]
    if platform == "darwin":
        from hourloom.device.away.macos import MacCalls  # noqa: PLC0415
        from hourloom.device.away.polling import Polled  # noqa: PLC0415

        return [[Polled("macOS", MacCalls, rule)]]
    return _of_linux(environment, rule)


def _of_linux(environment: Mapping[str, str], rule: Callable[[], Rule]) -> Sequence[Sequence[Source]]:
    from hourloom.device.away.compositor import ExtIdleNotify, KdeIdle  # noqa: PLC0415
    from hourloom.device.away.logind import Logind, LogindIdle  # noqa: PLC0415
    from hourloom.device.away.media import MediaPlayers, Recordings  # noqa: PLC0415
    from hourloom.device.away.mutter import Mutter  # noqa: PLC0415
    from hourloom.device.away.screensaver import ScreenSavers  # noqa: PLC0415
    from hourloom.device.away.x11 import XSync  # noqa: PLC0415

    return [
        # X within Wayland binds too but sees only its own windows' input, so the compositor comes first.
        [
            ExtIdleNotify(environment, rule),
            Mutter(environment, rule),
            KdeIdle(environment, rule),
            XSync(environment, rule),
            LogindIdle(environment),
        ],
        [Logind(environment)],
        [ScreenSavers(environment)],
        [MediaPlayers(environment, rule)],
        [Recordings(rule)],
    ]
