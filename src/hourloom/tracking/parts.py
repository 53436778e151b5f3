"""All parts of tracking that delete, put together for whoever assembles a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hourloom.core.clock import Clock
from hourloom.core.ids import WorkspaceId
from hourloom.core.privacy import forget_patterns
from hourloom.db.transaction import Database, Transaction
from hourloom.jobs.service import Jobs
from hourloom.operations.service import Operations
from hourloom.settings.service import Settings
from hourloom.tracking import enrichment
from hourloom.tracking import jobs as tracking_jobs
from hourloom.tracking.ports import CopiesElsewhere
from hourloom.tracking.query import categories
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.reduction import reduced_text
from hourloom.tracking.service.buckets import Buckets
from hourloom.tracking.service.clean_up import CleanUp
from hourloom.tracking.service.erasing import Erasing
from hourloom.tracking.service.erasures import Erasures
from hourloom.tracking.service.proving import Proving
from hourloom.tracking.service.queries import Queries
from hourloom.tracking.service.retaining import Retaining
from hourloom.tracking.service.retention import Retention
from hourloom.tracking.service.trash import Trash
from hourloom.tracking.shelf import PayloadShelf


class Deleting:
    """Clean-up, trash, erasures and retention."""

    def __init__(  # noqa: PLR0913 - each is another part
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        operations: Operations,
        settings: Settings,
        *,
        recorder: Recorder,
        shelf: PayloadShelf,
        queries: Queries,
        buckets: Buckets,
        spool: Path,
        copies: CopiesElsewhere,
        forget_changes: Callable[[Transaction, WorkspaceId], bool],
    ) -> None:
        self.forget_also: list[Callable[[], None]] = []
        """What features above keep in memory of texts: to be dropped when some are erased."""

        def forget_above() -> None:
            for forget in self.forget_also:
                forget()

        def forget() -> None:
            forget_above()
            recorder.forget()
            recorder.payloads.forget_texts()
            shelf.forget()
            queries.forget()
            reduced_text.cache_clear()
            enrichment.forget_texts()
            forget_patterns()
            categories.forget_texts()

        def forget_history(tx: Transaction, workspace: WorkspaceId) -> bool:
            operations.forget(tx, workspace)
            return forget_changes(tx, workspace)

        self.clean_up = clean_up = CleanUp(database, recorder, shelf)
        clean_up.forget_also = forget_above
        self.erasing = erasing = Erasing(database, clock, jobs, recorder, clean_up, forget, forget_history)
        self.proving = proving = Proving(database, clock, erasing, spool, copies)
        self.trash = Trash(database, clock, operations, buckets, erasing)
        self.erasures = Erasures(database, clock, operations, recorder, self.trash, erasing, proving)
        retaining = Retaining(recorder, lambda: erasing.said_of_time)
        self.retention = Retention(database, clock, settings, jobs, recorder, retaining)
        tracking_jobs.register(jobs, clean_up, proving)
        tracking_jobs.register_erasing(jobs, erasing, proving, self.trash)
        tracking_jobs.register_retention(jobs, self.retention)

    @property
    def services(self) -> list[object]:
        """Return what routes may ask for."""
        return [self.trash, self.erasures, self.retention]
