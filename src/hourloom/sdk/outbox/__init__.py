"""An outbox for beats: nothing is lost while the server cannot be reached."""

from hourloom.sdk.outbox.beats import Beat, BeatRefused, Json
from hourloom.sdk.outbox.letters import Letter
from hourloom.sdk.outbox.outbox import Bounds, Outbox, OutboxInUse, State
from hourloom.sdk.outbox.post import Line

__all__ = ["Beat", "BeatRefused", "Bounds", "Json", "Letter", "Line", "Outbox", "OutboxInUse", "State"]
