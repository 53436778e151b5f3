"""The payload dictionary as the writer sees it: from an event's data to its payload's number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from hourloom.core.ids import PayloadId
from hourloom.db.transaction import Transaction
from hourloom.tracking import store
from hourloom.tracking.enrichment import traits_of_text
from hourloom.tracking.model import canonical_data, digest_of

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A mapping that keeps what was used last, up to a number of entries."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return what is kept, and keep it longer."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        """Keep a value; the one unused longest goes."""
        self._kept[key] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


class PayloadDictionary:
    """Finds or adds payloads; only the writer uses it.

    Watchers send the same bytes again and again, so the bytes as sent are remembered first, and
    only new ones are parsed, brought into canonical form and looked up by digest.
    """

    MOST_TEXTS = 2_000
    LARGEST_TEXT = 2_000
    MOST_DIGESTS = 20_000

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._by_text: Recent[tuple[int, bytes], PayloadId] = Recent(self.MOST_TEXTS)
        self._by_digest: Recent[tuple[int, bytes], PayloadId] = Recent(self.MOST_DIGESTS)
        self._described: Recent[tuple[int, bytes], tuple[bytes, str]] = Recent(self.MOST_TEXTS)

    def number_of(self, tx: Transaction, workspace: int, data: bytes) -> PayloadId:
        """Return the number of the payload that equals this data, adding it when it is new."""
        if tx.dialect == "postgresql":
            # Another server may delete what nobody uses, so nothing is remembered beyond the transaction.
            digest, canonical = self.described(workspace, data)
            return self._stored(tx, workspace, digest, canonical)
        known = self._by_text.get((workspace, data))
        if known is not None:
            return known
        canonical = canonical_data(data)
        digest = digest_of(canonical, self._key)
        number = self._by_digest.get((workspace, digest)) or self._stored(tx, workspace, digest, canonical)
        self._by_digest.put((workspace, digest), number)
        if len(data) <= self.LARGEST_TEXT:
            self._by_text.put((workspace, data), number)
        return number

    def described(self, workspace: int, data: bytes) -> tuple[bytes, str]:
        """Return the digest and the canonical form of this data."""
        known = self._described.get((workspace, data))
        if known is not None:
            return known
        canonical = canonical_data(data)
        found = digest_of(canonical, self._key), canonical
        if len(data) <= self.LARGEST_TEXT:
            self._described.put((workspace, data), found)
        return found

    def has_described(self, workspace: int, data: bytes) -> bool:
        """Return whether these very bytes came a short while ago."""
        return self._described.get((workspace, data)) is not None

    def forget(self) -> None:
        """Drop what is remembered: a rollback or a clean-up may have made it wrong."""
        self._by_text.clear()
        self._by_digest.clear()

    def forget_texts(self) -> None:
        """Drop all texts as well: some were erased."""
        self.forget()
        # A team database describes payloads on other threads, which go on with the old one.
        self._described = Recent(self.MOST_TEXTS)

    def _stored(self, tx: Transaction, workspace: int, digest: bytes, canonical: str) -> PayloadId:
        found = store.payload_by_digest(tx, workspace, digest)
        return PayloadId(
            found or store.add_payload(tx, workspace, digest, canonical, traits_of_text(canonical))
        )
