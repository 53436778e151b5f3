"""All that editors need, put together once for the app."""

from __future__ import annotations

from pathlib import Path

from hourloom.accounts.downloads import Downloads
from hourloom.archive.shelf import Shelf
from hourloom.core.clock import Clock
from hourloom.db.transaction import Database
from hourloom.jobs.service import Jobs
from hourloom.settings.service import Settings
from hourloom.tracking.service import Buckets, Editing, Events
from hourloom.wakatime.service import (
    EditorDumps,
    EditorElsewhere,
    EditorGoals,
    EditorOverview,
    EditorRecording,
    EditorThings,
    EditorTime,
)


class Editors:
    """The services of editors, and what they keep besides the database."""

    def __init__(  # noqa: PLR0913 - each is needed
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        *,
        buckets: Buckets,
        events: Events,
        editing: Editing,
        jobs: Jobs,
        downloads: Downloads,
        data_dir: Path,
        config_dir: Path,
    ) -> None:
        self._time = EditorTime(clock, settings, buckets, events)
        overview = EditorOverview(self._time)
        shelf = Shelf(database, data_dir / "dumps", config_dir)
        self._dumps = EditorDumps(database, clock, jobs, downloads, shelf, self._time, overview)
        self.goals = EditorGoals(clock, self._time)
        self.services: list[object] = [
            self._time,
            self.goals,
            overview,
            EditorThings(self._time),
            EditorRecording(database, clock, settings, buckets, events),
            EditorElsewhere(database, self._time, buckets, events, editing),
            self._dumps,
        ]

    def discard_copies(self) -> int:
        """Remove what an erasure must not leave behind; return how many files that were."""
        self._time.forget()
        return self._dumps.discard()
