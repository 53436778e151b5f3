"""What the demonstration is made of: buckets, events, and the scenes of a day behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hourloom.core.clock import Instant

Data = dict[str, str | bool | int]
"""An event's data, as the watcher of its bucket would send it."""


@dataclass(frozen=True, slots=True)
class DemoBucket:
    """A bucket as a watcher announces it."""

    id: str
    type: str
    client: str
    hostname: str


@dataclass(frozen=True, slots=True)
class DemoEvent:
    """An event of one of the buckets."""

    bucket_id: str
    started_at: Instant
    ended_at: Instant
    data: Data


@dataclass(frozen=True, slots=True)
class Device:
    """One of the two computers, with the browser used on it."""

    hostname: str
    browser: str
    browser_app: str
    browser_title: str

    def bucket_id(self, watcher: str) -> str:
        """Return the id under which a watcher on this device reports."""
        return f"{watcher}_{self.hostname}"

    @property
    def window(self) -> str:
        """Name the bucket of the windows in front."""
        return self.bucket_id("aw-watcher-window")

    @property
    def afk(self) -> str:
        """Name the bucket of presence and absence."""
        return self.bucket_id("aw-watcher-afk")

    @property
    def web(self) -> str:
        """Name the bucket of the browser's tabs."""
        return self.bucket_id(f"aw-watcher-web-{self.browser}")

    @property
    def editor(self) -> str:
        """Name the bucket of the files being edited."""
        return self.bucket_id("aw-watcher-vscode")


LAPTOP = Device("heron", "firefox", "Firefox", "Mozilla Firefox")
DESKTOP = Device("otter", "chrome", "Google-chrome", "Google Chrome")


class Mood(Enum):
    """What somebody is doing at a computer."""

    DEEP = "deep work on one project"
    REVIEW = "reading and commenting on a project"
    ADMIN = "mail, messages and bills"
    CALL = "a call, listening without input"
    LEISURE = "videos and reading"
    AWAY = "nobody is there, the machine runs on"


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of time on one device in one mood; project is its number among the projects."""

    device: Device
    start: Instant
    end: Instant
    mood: Mood
    project: int = 0
