"""From raw events of all devices to the one lane of what a person was doing; pure, in whole microseconds."""

from hourloom.activities.lane.deriving import Derived, DeviceRecord, Options, derive
from hourloom.activities.lane.facts import Facts, facts_of

__all__ = ["Derived", "DeviceRecord", "Facts", "Options", "derive", "facts_of"]
