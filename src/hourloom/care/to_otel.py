"""Send figures and counts of crashes to an OpenTelemetry collector."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from time import monotonic

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from hourloom import __version__
from hourloom.care.crashes import Crash
from hourloom.care.telemetry import Measures
from hourloom.core.histogram import Histogram
from hourloom.web.exposition import Measure

MILLISECONDS_BETWEEN = 60_000
SECONDS_TOGETHER = 10.0


class Adapter:
    """Sends the figures of `/metrics` once a minute; histograms as their sums and counts."""

    def __init__(self, address: str) -> None:
        reader = PeriodicExportingMetricReader(
            OTLPMetricExporter(endpoint=address), export_interval_millis=MILLISECONDS_BETWEEN
        )
        # A resource of its own, for the usual one holds the names of the computer and of its user.
        resource = Resource({"service.name": "hourloom", "service.version": __version__})
        self._provider = MeterProvider(metric_readers=[reader], resource=resource)
        self._meter = self._provider.get_meter("hourloom")
        self._crashes = self._meter.create_counter("hourloom_crashes_total")

    def crashed(self, crash: Crash) -> None:
        """Count a crash."""
        self._crashes.add(1, {"place": crash.place, "error": crash.error})

    def watch(self, measures: Measures) -> None:
        """Send figures from now on."""
        gathered = Gathered(measures)
        for name in sorted({measure.name for measure in gathered.measures()}):
            self._meter.create_observable_gauge(name, callbacks=[partial(_observed, gathered, name)])

    def close(self) -> None:
        """Send what waits, and stop."""
        self._provider.shutdown()


class Gathered:
    """Figures that are gathered once for all who ask at about the same time."""

    def __init__(self, measures: Measures) -> None:
        self._gather = measures
        self._found: list[Measure] = []
        self._at = -SECONDS_TOGETHER

    def measures(self) -> list[Measure]:
        """Return the figures of this moment."""
        if monotonic() - self._at >= SECONDS_TOGETHER:
            self._found, self._at = list(self._gather()), monotonic()
        return self._found


def _observed(gathered: Gathered, name: str, _options: CallbackOptions) -> Iterable[Observation]:
    for measure in gathered.measures():
        if measure.name != name:
            continue
        value = measure.value
        if isinstance(value, Histogram):
            yield Observation(value.sum, {**measure.labels, "part": "sum"})
            yield Observation(value.count, {**measure.labels, "part": "count"})
        else:
            yield Observation(value, dict(measure.labels))
