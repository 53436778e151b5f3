"""The icon beside the clock: shows whether recording goes on, and pauses it."""

from hourloom.device.tray.acting import Acting
from hourloom.device.tray.ports import Choice, Look, Pausing, Tray, TrayState
from hourloom.device.tray.watcher import TrayWatcher

__all__ = ["Acting", "Choice", "Look", "Pausing", "Tray", "TrayState", "TrayWatcher"]
