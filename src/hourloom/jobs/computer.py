"""Battery and memory of a computer that runs Linux; on others nothing is known, and nothing waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hourloom.jobs.model import Load


class CalmComputer:
    """One of which nothing is known, so that nothing waits for it."""

    def load(self) -> Load:
        """Return that all is well."""
        return Load()


class LinuxComputer:
    """Reads what the kernel tells in `/sys` and `/proc`."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._supplies = root / "sys/class/power_supply"
        self._pressure = root / "proc/pressure/memory"
        self._memory = root / "proc/meminfo"

    def load(self) -> Load:
        """Return how it is doing; what cannot be read is taken to be well."""
        return Load(
            on_battery=self._on_battery(),
            memory_pressure=_pressure(_text(self._pressure)),
            memory_available=_available(_text(self._memory)),
        )

    def _on_battery(self) -> bool:
        supplies = [(_text(path / "type"), path) for path in self._found()]
        if any(kind == "Mains" and _text(path / "online") == "1" for kind, path in supplies):
            return False
        # A mouse has a battery too, and says that it is that of a device.
        batteries = [
            path for kind, path in supplies if kind == "Battery" and _text(path / "scope") != "Device"
        ]
        return any(_text(path / "status") == "Discharging" for path in batteries)

    def _found(self) -> Iterator[Path]:
        try:
            yield from sorted(self._supplies.iterdir())
        except OSError:
            return


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _pressure(text: str) -> float:
    """Return the share of the last ten seconds in which something waited for memory."""
    for line in text.splitlines():
        name, *fields = line.split()
        averages = [field.removeprefix("avg10=") for field in fields if field.startswith("avg10=")]
        if name == "some" and averages:
            return _number(averages[0], 0.0) / 100
    return 0.0


def _available(text: str) -> float:
    """Return the share of the memory that programs can still have."""
    lines = (line.partition(":") for line in text.splitlines())
    sizes = {name: _number(size.removesuffix("kB"), 0.0) for name, _, size in lines}
    total, available = sizes.get("MemTotal", 0.0), sizes.get("MemAvailable", 0.0)
    return available / total if total else 1.0


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise
