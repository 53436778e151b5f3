"""Telemetry is off; where it is on, only classes, places and figures go out. Stand-ins play the packages."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from hourloom.care.crashes import Crash
from hourloom.care.telemetry import (
    Silent,
    TelemetryAddressMissing,
    TelemetryMissing,
    telemetry,
)
from hourloom.configuration import Configuration
from hourloom.core.histogram import Histogram
from hourloom.web.exposition import Measure

CRASH = Crash(
    at="2026-03-02T09:00:00Z",
    place="thread",
    error="ValueError",
    frames=["writer.py:207 _commit", "writer.py:130 _run"],
    version="1.0",
)
ADDRESS = "https://telemetry.example/1"


def waits() -> Histogram:
    found = Histogram()
    found.add(0.5)
    found.add(0.25)
    return found


def measures() -> list[Measure]:
    return [
        Measure("hourloom_jobs", "gauge", "Work.", 2, {"state": "failed"}),
        Measure("hourloom_commit_wait_seconds", "histogram", "Waits.", waits()),
    ]


class Recorder:
    """Takes every call that is made on it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Recorder:
            self.calls.append((name, arguments, named))
            return self

        return call

    def named(self, name: str) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        return [(arguments, named) for called, arguments, named in self.calls if called == name]


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **attributes: Any) -> None:
    """Put a package into the place of one that is not installed, and forget ours that import it."""
    parts = name.split(".")
    for end in range(1, len(parts)):
        parent = ".".join(parts[:end])
        monkeypatch.setitem(sys.modules, parent, sys.modules.get(parent, ModuleType(parent)))
    module = sys.modules.get(name, ModuleType(name))
    for attribute, value in attributes.items():
        setattr(module, attribute, value)
    monkeypatch.setitem(sys.modules, name, module)
    for ours in ("hourloom.care.to_sentry", "hourloom.care.to_otel"):
        monkeypatch.delitem(sys.modules, ours, raising=False)


def test_it_is_off_and_imports_nothing(tmp_path: Any) -> None:
    configuration = Configuration(data_dir=tmp_path, config_dir=tmp_path)
    assert (configuration.telemetry, configuration.telemetry_address) == ("off", None)
    found = telemetry(configuration.telemetry, configuration.telemetry_address)
    assert isinstance(found, Silent)
    found.crashed(CRASH)
    found.watch(measures)
    found.close()
    assert not {"sentry_sdk", "opentelemetry"} & set(sys.modules)


@pytest.mark.parametrize("kind", ["sentry", "otel"])
def test_a_package_or_an_address_that_is_missing_is_one_sentence(kind: str) -> None:
    with pytest.raises(TelemetryMissing, match=rf"pip install hourloom\[{kind}\]"):
        telemetry(kind, ADDRESS)
    with pytest.raises(TelemetryAddressMissing, match="telemetry_address"):
        telemetry(kind, None)


def test_sentry_gets_class_and_places_and_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sentry = Recorder()
    stand_in(
        monkeypatch,
        "sentry_sdk",
        init=sentry.init,
        capture_event=sentry.capture_event,
        flush=sentry.flush,
    )
    adapter = telemetry("sentry", ADDRESS)
    adapter.crashed(CRASH)
    adapter.watch(measures)
    adapter.close()
    ((_, options),) = sentry.named("init")
    assert options["dsn"] == ADDRESS
    assert not options["default_integrations"]
    assert not options["include_local_variables"]
    assert not options["send_default_pii"]
    (((event,), _),) = sentry.named("capture_event")
    assert event["exception"]["values"][0] == {
        "type": "ValueError",
        "value": "",
        "stacktrace": {
            "frames": [
                {"filename": "writer.py", "lineno": 130, "function": "_run"},
                {"filename": "writer.py", "lineno": 207, "function": "_commit"},
            ]
        },
    }
    before_send = options["before_send"]
    added = event | {"user": {"ip": "1"}, "server_name": "desk", "breadcrumbs": ["x"], "request": {}}
    assert before_send(added, None) == event
    foreign = {"exception": {"values": [{"type": "E", "value": "https://bank.example"}]}}
    assert before_send(foreign, None) is None
    assert before_send({"message": "https://bank.example"}, None) is None
    assert sentry.named("flush")


def test_otel_gets_figures_and_counts_crashes(monkeypatch: pytest.MonkeyPatch) -> None:
    otel = Recorder()
    stand_in(monkeypatch, "opentelemetry.metrics", CallbackOptions=object, Observation=lambda v, a: (v, a))
    stand_in(
        monkeypatch,
        "opentelemetry.exporter.otlp.proto.http.metric_exporter",
        OTLPMetricExporter=otel.exporter,
    )
    stand_in(monkeypatch, "opentelemetry.sdk.metrics", MeterProvider=otel.provider)
    stand_in(monkeypatch, "opentelemetry.sdk.metrics.export", PeriodicExportingMetricReader=otel.reader)
    stand_in(monkeypatch, "opentelemetry.sdk.resources", Resource=otel.resource)
    adapter = telemetry("otel", ADDRESS)
    adapter.crashed(CRASH)
    adapter.watch(measures)
    adapter.close()
    assert otel.named("exporter") == [((), {"endpoint": ADDRESS})]
    ((resource,), _) = otel.named("resource")[0]
    assert set(resource) == {"service.name", "service.version"}
    assert otel.named("add") == [((1, {"place": "thread", "error": "ValueError"}), {})]
    observed = {
        name: list(named["callbacks"][0](None)) for (name,), named in otel.named("create_observable_gauge")
    }
    assert observed == {
        "hourloom_jobs": [(2, {"state": "failed"})],
        "hourloom_commit_wait_seconds": [(0.75, {"part": "sum"}), (2, {"part": "count"})],
    }
    assert otel.named("shutdown")
