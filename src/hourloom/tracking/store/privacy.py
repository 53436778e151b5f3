"""The SQL of privacy rules, of traits, and of where something was hidden."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.core.privacy import PrivacyRule
from hourloom.db.statements import ByDialect
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.tracking.store.lists import numbers

_decode = msgspec.json.Decoder(PrivacyRule).decode


def privacy_rules(tx: Transaction, workspace: int) -> list[PrivacyRule]:
    """Return all rules in their order."""
    rows = tx.rows(
        "SELECT id, position, rule FROM privacy_rules WHERE workspace_id = :workspace ORDER BY position, id",
        workspace=workspace,
    )
    return [
        msgspec.structs.replace(_decode(str(rule)), id=whole(number), position=whole(position))
        for number, position, rule in rows
    ]


def add_privacy_rule(tx: Transaction, workspace: int, position: int, rule: str) -> int:
    return tx.number(
        """
        INSERT INTO privacy_rules (workspace_id, position, rule) VALUES (:workspace, :position, :rule)
        RETURNING id
        """,
        workspace=workspace,
        position=position,
        rule=rule,
    )


def put_privacy_rule(tx: Transaction, workspace: int, number: int, position: int, rule: str) -> None:
    """Add a rule with the number that it had before."""
    tx.execute(
        """
        INSERT INTO privacy_rules (id, workspace_id, position, rule)
        VALUES (:number, :workspace, :position, :rule)
        """,
        number=number,
        workspace=workspace,
        position=position,
        rule=rule,
    )


def set_privacy_rule(tx: Transaction, workspace: int, number: int, position: int, rule: str) -> int:
    return tx.execute(
        """
        UPDATE privacy_rules SET position = :position, rule = :rule
        WHERE id = :number AND workspace_id = :workspace
        """,
        number=number,
        workspace=workspace,
        position=position,
        rule=rule,
    )


def drop_privacy_rule(tx: Transaction, workspace: int, number: int) -> int:
    return tx.execute(
        "DELETE FROM privacy_rules WHERE id = :number AND workspace_id = :workspace",
        number=number,
        workspace=workspace,
    )


def has_privacy_rules(tx: Transaction, first: int, last: int) -> bool:
    """Return whether some workspace has rules with these numbers."""
    found = tx.value("SELECT 1 FROM privacy_rules WHERE id BETWEEN :first AND :last", first=first, last=last)
    return found == 1


def hidden_at(tx: Transaction, bucket: int) -> int | None:
    """Return until when something was hidden in a bucket."""
    found = tx.value("SELECT hidden_at FROM buckets WHERE id = :bucket", bucket=bucket)
    return found if isinstance(found, int) else None


def buckets_hidden_at(tx: Transaction, workspace: int, names: Sequence[str]) -> Rows:
    """Return name, number, type of buckets, and until when something was hidden in them."""
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT name, id, type, hidden_at FROM buckets
                WHERE workspace_id = :workspace AND deleted_at IS NULL
                  AND name IN (SELECT value FROM json_each(:names))
            """,
            postgresql="""
                SELECT name, id, type, hidden_at FROM buckets
                WHERE workspace_id = :workspace AND deleted_at IS NULL
                  AND name IN (SELECT value FROM json_array_elements_text(:names::json))
            """,
        ),
        workspace=workspace,
        names=msgspec.json.encode(names).decode(),
    )


def set_hidden_at(tx: Transaction, bucket: int, at: int) -> None:
    """Note until when something was hidden in a bucket, unless that is known of a later time."""
    tx.execute(
        "UPDATE buckets SET hidden_at = :at WHERE id = :bucket AND (hidden_at IS NULL OR hidden_at < :at)",
        bucket=bucket,
        at=at,
    )


def payloads_without_traits(tx: Transaction, limit: int) -> Rows:
    """Return number and body of payloads whose traits are not known yet."""
    return tx.rows("SELECT id, body FROM payloads WHERE app IS NULL ORDER BY id LIMIT :limit", limit=limit)


def set_traits(tx: Transaction, traits: Sequence[tuple[int, str, str, int]]) -> int:
    """Note the traits of payloads, each given by its number."""
    return tx.execute(
        ByDialect(
            sqlite="""
                UPDATE payloads SET app = given.value ->> 1, domain = given.value ->> 2,
                       private = given.value ->> 3
                FROM json_each(:traits) AS given WHERE payloads.id = given.value ->> 0
            """,
            postgresql="""
                UPDATE payloads SET app = given.value ->> 1, domain = given.value ->> 2,
                       private = (given.value ->> 3)::bigint
                FROM json_array_elements(:traits::json) AS given
                WHERE payloads.id = (given.value ->> 0)::bigint
            """,
        ),
        traits=msgspec.json.encode(traits).decode(),
    )


def traits_of_payloads(tx: Transaction, payloads: list[int]) -> Rows:
    """Return number, app, domain and privacy of payloads whose traits are known."""
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT id, app, domain, private FROM payloads
                WHERE id IN (SELECT value FROM json_each(:payloads)) AND app IS NOT NULL
            """,
            postgresql="""
                SELECT id, app, domain, private FROM payloads
                WHERE id = ANY(:payloads) AND app IS NOT NULL
            """,
        ),
        payloads=numbers(tx, payloads),
    )


def payload_numbers(tx: Transaction, workspace: int, digests: Sequence[bytes]) -> Rows:
    """Return numbers of payloads without traits, given by their digests."""
    return tx.rows(
        ByDialect(
            sqlite="""
                SELECT id, body FROM payloads WHERE workspace_id = :workspace AND app IS NULL
                  AND hex(digest) IN (SELECT value FROM json_each(:digests))
            """,
            postgresql="""
                SELECT p.id, p.body FROM json_array_elements_text(:digests::json) AS given (digest)
                JOIN payloads p ON p.digest = decode(given.digest, 'hex') AND p.workspace_id = :workspace
                WHERE p.app IS NULL
            """,
        ),
        workspace=workspace,
        digests=msgspec.json.encode([digest.hex().upper() for digest in digests]).decode(),
    )
