"""Recording, backing up, restoring, taking a restore back and exchanging the key, in any order."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hourloom.backups import restoring
from hourloom.core.clock import HOUR, Instant
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
from hourloom.db.swap import finish
from hourloom.testing import FixedClock
from tests.backups.builders import Home, a_home, events_in
from tests.db.keys.a_rekey import opened, rekey_once


class Restoring(RuleBasedStateMachine):
    """What the database holds is what the last step says, and it always opens."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="machine-")
        self.clock = FixedClock()
        self.made: list[tuple[Path, int]] = []
        self.kept: list[int] = []

    @initialize()
    def begin(self) -> None:
        self.home = a_home(Path(self._folder.name) / "home", events=5)
        self.events = 5

    @property
    def means(self) -> Means:
        return self.home.means

    def now(self) -> Instant:
        self.clock.advance(HOUR / 1_000_000)
        return self.clock.now()

    @rule(number=st.integers(1, 20))
    def record(self, number: int) -> None:
        self.opened_anew().add_events(number)
        self.events += number

    @rule()
    def back_up(self) -> None:
        self.now()
        made = self.opened_anew().back_up(self.clock)
        self.made.append((Path(made.place) / made.name, self.events))

    @precondition(lambda self: self.made)
    @rule(which=st.integers(0, 100))
    def restore(self, which: int) -> None:
        path, events = self.made[which % len(self.made)]
        backup = restoring.look_at(path)
        key = restoring.key_here(backup, self.means) or restoring.key_by_words(backup, self.code)
        manifest = restoring.take_out(backup, key, self.means.places.directory)
        restoring.put_keys_beside(backup, manifest, key, self.means)
        restoring.exchange(self.means.places.directory, self.now())
        finish(self.means.places.directory)
        self.kept.append(self.events)
        self.events = events

    @precondition(lambda self: self.kept)
    @rule()
    def take_the_restore_back(self) -> None:
        assert restoring.exchange_back(self.means.places.directory, self.now()) is not None
        finish(self.means.places.directory)
        self.kept[-1], self.events = self.events, self.kept[-1]

    @rule()
    def exchange_the_key(self) -> None:
        with opened(self.means) as (database, unlocked):
            rekey_once(self.means, database, unlocked)

    @invariant()
    def everything_is_there(self) -> None:
        if hasattr(self, "events"):
            assert events_in(self.means.places.database, unlock(self.means, "file").data_key) == self.events

    @property
    def code(self) -> str:
        return self.home.recovery_code

    def opened_anew(self) -> Home:
        """Return the home with the key that opens the database now."""
        return Home(self.means, unlock(self.means, "file"))

    def teardown(self) -> None:
        self._folder.cleanup()


@pytest.mark.parametrize(
    ("examples", "steps"),
    [(3, 5), pytest.param(60, 20, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])],
    ids=["some", "many"],
)
def test_any_order_of_recording_and_restoring_holds_what_it_should(examples: int, steps: int) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    chosen = settings(
        max_examples=examples, stateful_step_count=steps, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Restoring, settings=chosen)
