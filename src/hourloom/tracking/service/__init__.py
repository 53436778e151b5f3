"""What can be done with buckets and events, one class per concern."""

from hourloom.tracking.service.buckets import Buckets, BucketView
from hourloom.tracking.service.carrying import Carrying
from hourloom.tracking.service.clean_up import CleanUp
from hourloom.tracking.service.days import Days
from hourloom.tracking.service.devices import DeviceReports
from hourloom.tracking.service.editing import Editing
from hourloom.tracking.service.erasures import Erasures
from hourloom.tracking.service.events import Events
from hourloom.tracking.service.hiding import Hiding
from hourloom.tracking.service.moving_in import MovingIn
from hourloom.tracking.service.privacy import Privacy
from hourloom.tracking.service.queries import Queries
from hourloom.tracking.service.retention import Retention
from hourloom.tracking.service.returns import Returns
from hourloom.tracking.service.silence import WatcherSilence
from hourloom.tracking.service.trash import Trash

__all__ = [
    "BucketView",
    "Buckets",
    "Carrying",
    "CleanUp",
    "Days",
    "DeviceReports",
    "Editing",
    "Erasures",
    "Events",
    "Hiding",
    "MovingIn",
    "Privacy",
    "Queries",
    "Retention",
    "Returns",
    "Trash",
    "WatcherSilence",
]
