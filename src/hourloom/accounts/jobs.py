"""What the clock starts for accounts: noting when tokens were used, dropping old tickets."""

from __future__ import annotations

from hourloom.accounts.service import Accounts
from hourloom.db.transaction import Transaction
from hourloom.jobs.model import FINISHED, Job, JobProgress
from hourloom.jobs.service import Jobs

NOTE_EVERY = 60.0
DROP_EVERY = 3600.0


def register(jobs: Jobs, accounts: Accounts) -> None:
    """Register the periodic jobs of accounts."""

    def note_uses(_tx: Transaction, _job: Job) -> JobProgress:
        accounts.note_uses()
        return FINISHED

    def drop_tickets(_tx: Transaction, _job: Job) -> JobProgress:
        accounts.drop_old_tickets()
        return FINISHED

    jobs.every("accounts.note_uses", NOTE_EVERY, note_uses)
    jobs.every("accounts.drop_tickets", DROP_EVERY, drop_tickets)
