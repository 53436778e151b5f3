"""Says what stands in the way of recording, and the exact next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hourloom.device.slot import Failure

NO_DISPLAY = (
    "There is no display here, so no window is recorded; start it from within your desktop, or set DISPLAY "
    "or WAYLAND_DISPLAY. `hourloom device doctor` shows what is tried."
)


def is_headless(environment: Mapping[str, str], platform: str) -> bool:
    """Tell whether nothing leads to a display, which only a system with X11 or Wayland can lack."""
    leads = any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"))
    return platform not in ("darwin", "win32") and not leads


def why_no_window(
    failures: Sequence[Failure], environment: Mapping[str, str], platform: str = "linux"
) -> str:
    """Say in a sentence why no window can be observed."""
    if is_headless(environment, platform):
        return NO_DISPLAY
    tried = "; ".join(f"{each.source}: {each.reason}" for each in failures) or "nothing is known to try"
    return f"No window can be observed here ({tried}). `hourloom device doctor` says what to do."


def next_steps(failures: Sequence[Failure]) -> list[str]:
    """Return what a person can do, each step once, in the order of what works best."""
    return list(dict.fromkeys(each.next_step for each in failures if each.next_step))
