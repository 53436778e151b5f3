"""Writes that a client may send twice: the second time gets the first one's answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, Clock
from hourloom.core.errors import Conflict, Invalid
from hourloom.db.transaction import Database, Transaction

KEPT = 7 * DAY
Outcome = tuple[int, bytes, Mapping[str, str]]


class KeyUsedOtherwise(Conflict):
    """This Idempotency-Key was used before for a different request."""


class KeyTooLong(Invalid):
    """An Idempotency-Key has between 1 and 128 characters."""


class Key(msgspec.Struct, frozen=True):
    """A client's name for one request."""

    workspace_id: int
    token_id: int
    name: str
    request_digest: bytes


class Kept(msgspec.Struct, frozen=True):
    """The answer that was given."""

    request_digest: bytes
    status: int
    answer: str


class Idempotency:
    """Remembers the answers of keyed writes, in the transaction of the write itself."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def keyed(self, name: str, actor: Actor, route: str, body: bytes) -> Key:
        """Return the key of a request."""
        if not 1 <= len(name) <= 128:
            raise KeyTooLong
        digest = hashlib.blake2b(route.encode() + b"\0" + body, digest_size=16).digest()
        return Key(actor.workspace_id, actor.token_id or 0, name, digest)

    def once(self, key: Key, work: Callable[[], Outcome]) -> Outcome:
        """Do the work, or return the answer that it had before."""
        with self._database.begin() as tx:
            kept = kept_answer(tx, key)
            if kept is None:
                status, body, headers = work()
                keep_answer(tx, key, status, body.decode(), self._clock.now())
                return status, body, headers
            if kept.request_digest != key.request_digest:
                raise KeyUsedOtherwise
            return kept.status, kept.answer.encode(), {"idempotency-replayed": "true"}


def kept_answer(tx: Transaction, key: Key) -> Kept | None:
    """Return what was answered to a key."""
    return tx.one(
        Kept,
        """
        SELECT request_digest, status, answer FROM idempotency_keys
        WHERE workspace_id = :workspace AND token_id = :token AND name = :name
        """,
        workspace=key.workspace_id,
        token=key.token_id,
        name=key.name,
    )


def keep_answer(tx: Transaction, key: Key, status: int, answer: str, now: int) -> None:
    """Keep an answer."""
    tx.execute(
        """
        INSERT INTO idempotency_keys (workspace_id, token_id, name, request_digest, status, answer, at)
        VALUES (:workspace, :token, :name, :digest, :status, :answer, :now)
        """,
        workspace=key.workspace_id,
        token=key.token_id,
        name=key.name,
        digest=key.request_digest,
        status=status,
        answer=answer,
        now=now,
    )


def drop_answers(tx: Transaction, before: int) -> int:
    """Delete the answers given before an instant."""
    return tx.execute("DELETE FROM idempotency_keys WHERE at < :before", before=before)


def drop_all_answers(tx: Transaction) -> int:
    """Delete all answers: some may tell of what is being erased."""
    return tx.execute("DELETE FROM idempotency_keys")


def count_answers(tx: Transaction, before: int) -> int:
    """Return how many answers are kept that were given before an instant."""
    return tx.number("SELECT count(*) FROM idempotency_keys WHERE at < :before", before=before)
