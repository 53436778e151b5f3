"""Note the traits of payloads that were stored before anybody asked for them."""

from __future__ import annotations

from hourloom.db.transaction import Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.enrichment import traits_row

ENRICHED_AT_ONCE = 300
"""About 10 ms of the writer."""


def enrich_some(tx: Transaction) -> bool:
    """Note the traits of some payloads; return whether there may be more."""
    rows = store.payloads_without_traits(tx, ENRICHED_AT_ONCE)
    store.set_traits(tx, [traits_row(whole(number), str(body)) for number, body in rows])
    return len(rows) == ENRICHED_AT_ONCE
