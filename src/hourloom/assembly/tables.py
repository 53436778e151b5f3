"""The tables that belong into an archive, of all features."""

from __future__ import annotations

from hourloom.accounts.archived import ArchivedMembers, ArchivedWorkspace
from hourloom.activities.archived import ArchivedCategories, ArchivedCorrections, ArchivedRules
from hourloom.activities.archived_marks import ArchivedMarks
from hourloom.archive.ports import AnyTable
from hourloom.goals.archived import ArchivedGoals
from hourloom.operations.archived import ArchivedOperations
from hourloom.projects.archived import ArchivedProjects, ArchivedTags
from hourloom.reports.archived import ArchivedSavedReports
from hourloom.settings.archived import ArchivedSettings
from hourloom.tracking.archived.buckets import ArchivedBuckets, ArchivedDevices
from hourloom.tracking.archived.events import ArchivedEvents
from hourloom.tracking.archived.history import ArchivedImages, ArchivedRuns
from hourloom.tracking.archived.payloads import ArchivedPayloads
from hourloom.tracking.archived.privacy import ArchivedPrivacyRules
from hourloom.tracking.archived.totals import ArchivedTotals
from hourloom.tracking.recorder import Recorder


def archived_tables(recorder: Recorder, key: bytes) -> list[AnyTable]:
    """Return all tables that belong into an archive; what a row refers to comes in an earlier one."""
    return [
        ArchivedWorkspace(),
        ArchivedMembers(),
        ArchivedSettings(),
        ArchivedDevices(),
        ArchivedBuckets(recorder),
        ArchivedPayloads(key, recorder.door),
        ArchivedEvents(recorder),
        ArchivedTotals(recorder),
        ArchivedOperations(),
        ArchivedImages(),
        ArchivedRuns(),
        ArchivedPrivacyRules(recorder.door.forget),
        ArchivedProjects(),
        ArchivedTags(),
        ArchivedCategories(),
        ArchivedRules(),
        ArchivedCorrections(),
        ArchivedMarks(),
        ArchivedSavedReports(),
        ArchivedGoals(),
    ]
