"""Send crashes or figures to a service that the operator runs or rents: off unless they ask for it.

Nothing else in Hourloom sends anything away. What goes out is what the log may hold: classes of errors,
places in the source, figures about the server; never titles, addresses, names or anything recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Protocol

from hourloom.care.crashes import Crash
from hourloom.core.errors import Refused
from hourloom.web.exposition import Measure

log = logging.getLogger(__name__)

Measures = Callable[[], Iterable[Measure]]


class TelemetryMissing(Refused):
    """The telemetry '{kind}' needs a package that is not installed; run `pip install hourloom[{kind}]`."""


class TelemetryAddressMissing(Refused):
    """The telemetry '{kind}' needs to know where to send; set telemetry_address in the configuration."""


class Telemetry(Protocol):
    """What sends things away."""

    def crashed(self, crash: Crash) -> None:
        """Send what is known of a crash."""
        ...

    def watch(self, measures: Measures) -> None:
        """Send figures from now on."""
        ...

    def close(self) -> None:
        """Send what waits, and stop."""
        ...


class Silent:
    """Sends nothing."""

    def crashed(self, crash: Crash) -> None:
        """Send nothing."""

    def watch(self, measures: Measures) -> None:
        """Send nothing."""

    def close(self) -> None:
        """Do nothing."""


def telemetry(kind: str, address: str | None) -> Telemetry:
    """Return what the operator asked for; its package is imported here and nowhere else."""
    if kind == "off":
        return Silent()
    if not address:
        raise TelemetryAddressMissing(kind=kind)
    try:
        adapter = import_module(f"hourloom.care.to_{kind}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("hourloom"):
            raise
        raise TelemetryMissing(kind=kind) from None
    log.warning("telemetry is on: crashes and figures are sent away by %s", kind)
    found: Telemetry = adapter.Adapter(address)
    return found
