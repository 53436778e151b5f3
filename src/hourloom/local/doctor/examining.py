"""Look at one thing after another, and carry out repairs one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

from hourloom.cli.handed import Check, Mended, Packed
from hourloom.configuration import Configuration
from hourloom.core.errors import HourloomError
from hourloom.db.sqlcipher import driver
from hourloom.local.doctor.findings import Finding, Look, Repair
from hourloom.local.doctor.patient import Patient, Step
from hourloom.local.doctor.registry import LOOKS


class LocalDoctor:
    """Examines one data directory."""

    def __init__(self, configuration: Configuration, ask: Callable[[], str] | None) -> None:
        self._configuration, self._ask = configuration, ask
        self._repairs: dict[str, Repair] = {}

    def look(self, step: Step, *, deep: bool) -> Iterator[Check]:
        """Examine one thing after another; what fails unforeseen is a finding too."""
        patient = Patient(self._configuration, deep, self._ask, step)
        self._repairs = {}
        for look in self._looks(patient):
            step(f"Looking at {look.name}", 0.0)
            for finding in found_by(look, patient):
                yield self._check(finding)

    def mend(self, does: str) -> Mended:
        """Carry out one of the repairs that the last look offered."""
        repair = self._repairs[does]
        patient = Patient(self._configuration)
        try:
            with patient.held() if repair.alone else nullcontext():
                return Mended(done=True, said=repair.carry_out() or "Done.")
        except HourloomError as error:
            return Mended(done=False, said=error.message)
        except OSError as error:
            return Mended(done=False, said=_words_of(error))

    def bundle(self, target: Path, checks: list[Check]) -> list[Packed]:
        """Write a diagnostic archive that tells nothing of what was recorded."""
        from hourloom.local.doctor.bundle import pack  # noqa: PLC0415 - only for this

        return pack(Patient(self._configuration, ask=self._ask), target, checks)

    def _looks(self, patient: Patient) -> Iterator[Look]:
        for look in LOOKS:
            if (look.team or not patient.in_team) and (patient.deep or not look.deep):
                yield look

    def _check(self, finding: Finding) -> Check:
        repair = finding.repair
        if repair is not None:
            self._repairs[repair.does] = repair
        return Check(
            finding.verdict, finding.what, finding.finding, finding.advice, repair.does if repair else ""
        )


def found_by(look: Look, patient: Patient) -> Iterator[Finding]:
    """Yield what a look finds; what stops it is a finding too."""
    try:
        yield from look.look(patient)
    except HourloomError as error:
        yield Finding("bad", look.name, error.message)
    except driver.Error as error:
        # A page that cannot be read; the look at the database says what can be done.
        yield Finding("bad", look.name, f"it could not be looked at ({error})")
    except OSError as error:
        yield Finding("bad", look.name, _words_of(error))


def _words_of(error: OSError) -> str:
    return f"{error.filename or ''}: {error.strerror or type(error).__name__}".lstrip(": ")
