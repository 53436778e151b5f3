"""The SQL of users, workspaces, tokens and tickets."""

from __future__ import annotations

from hourloom.accounts.model import DemoWorkspace, Ticket, Token, Workspace
from hourloom.db.transaction import Rows, Transaction


def first_workspace(tx: Transaction) -> Workspace | None:
    return tx.one(Workspace, "SELECT id, name, payload_key, created_at FROM workspaces ORDER BY id LIMIT 1")


def workspace_by_id(tx: Transaction, workspace: int) -> Workspace | None:
    return tx.one(
        Workspace,
        "SELECT id, name, payload_key, created_at FROM workspaces WHERE id = :workspace",
        workspace=workspace,
    )


def demo_of(tx: Transaction, user: int) -> DemoWorkspace | None:
    return tx.one(
        DemoWorkspace,
        """
        SELECT workspace_id AS id, user_id, role FROM members
        WHERE user_id = :user AND role IN ('demo_filling', 'demo', 'demo_leaving')
        ORDER BY workspace_id LIMIT 1
        """,
        user=user,
    )


def only_leaving(tx: Transaction, workspace: int) -> bool:
    """Return whether nobody is in a workspace but those whose Demo workspace it was."""
    return not tx.value(
        "SELECT 1 FROM members WHERE workspace_id = :workspace AND role <> 'demo_leaving' LIMIT 1",
        workspace=workspace,
    )


def set_role(tx: Transaction, workspace: int, user: int, role: str) -> None:
    tx.execute(
        "UPDATE members SET role = :role WHERE workspace_id = :workspace AND user_id = :user",
        workspace=workspace,
        user=user,
        role=role,
    )


def revoke_tokens_of(tx: Transaction, workspace: int, now: int) -> int:
    return tx.execute(
        "UPDATE tokens SET revoked_at = :now WHERE workspace_id = :workspace AND revoked_at IS NULL",
        workspace=workspace,
        now=now,
    )


def set_workspace(tx: Transaction, workspace: int, name: str, created_at: int) -> None:
    tx.execute(
        "UPDATE workspaces SET name = :name, created_at = :created_at WHERE id = :workspace",
        workspace=workspace,
        name=name,
        created_at=created_at,
    )


def members_of(tx: Transaction, workspace: int) -> Rows:
    """Return number, name, role, age and time of joining of the members, in the order of their numbers."""
    return tx.rows(
        """
        SELECT u.id, u.name, m.role, u.created_at, m.created_at
        FROM members m JOIN users u ON u.id = m.user_id
        WHERE m.workspace_id = :workspace ORDER BY u.id
        """,
        workspace=workspace,
    )


def set_user(tx: Transaction, user: int, name: str, created_at: int) -> None:
    tx.execute(
        "UPDATE users SET name = :name, created_at = :created_at WHERE id = :user",
        user=user,
        name=name,
        created_at=created_at,
    )


def set_member(tx: Transaction, workspace: int, user: int, role: str, joined_at: int) -> None:
    tx.execute(
        """
        UPDATE members SET role = :role, created_at = :joined_at
        WHERE workspace_id = :workspace AND user_id = :user
        """,
        workspace=workspace,
        user=user,
        role=role,
        joined_at=joined_at,
    )


def drop_member(tx: Transaction, workspace: int, user: int) -> None:
    tx.execute(
        "DELETE FROM members WHERE workspace_id = :workspace AND user_id = :user",
        workspace=workspace,
        user=user,
    )


def first_member(tx: Transaction, workspace: int) -> int | None:
    found = tx.value(
        "SELECT user_id FROM members WHERE workspace_id = :workspace ORDER BY user_id LIMIT 1",
        workspace=workspace,
    )
    return found if isinstance(found, int) else None


def add_user(tx: Transaction, name: str, now: int) -> int:
    return tx.number(
        "INSERT INTO users (name, created_at) VALUES (:name, :now) RETURNING id", name=name, now=now
    )


def add_workspace(tx: Transaction, name: str, payload_key: bytes, now: int) -> int:
    return tx.number(
        """
            INSERT INTO workspaces (name, payload_key, created_at) VALUES (:name, :payload_key, :now)
            RETURNING id
            """,
        name=name,
        payload_key=payload_key,
        now=now,
    )


def add_member(tx: Transaction, workspace: int, user: int, role: str, now: int) -> None:
    tx.execute(
        """
        INSERT INTO members (workspace_id, user_id, role, created_at)
        VALUES (:workspace, :user, :role, :now)
        """,
        workspace=workspace,
        user=user,
        role=role,
        now=now,
    )


def add_token(tx: Transaction, token: Token) -> int:
    return tx.number(
        """
            INSERT INTO tokens
            (workspace_id, user_id, name, purpose, secret_hash, scopes, created_at, expires_at)
            VALUES (:workspace, :user, :name, :purpose, :secret_hash, :scopes, :created_at, :expires_at)
            RETURNING id
            """,
        workspace=token.workspace_id,
        user=token.user_id,
        name=token.name,
        purpose=token.purpose,
        secret_hash=token.secret_hash,
        scopes=token.scopes,
        created_at=token.created_at,
        expires_at=token.expires_at,
    )


def all_tokens(tx: Transaction) -> list[Token]:
    return tx.all(
        Token,
        """
        SELECT id, workspace_id, user_id, name, purpose, secret_hash, scopes, created_at, expires_at,
               last_used_at, revoked_at
        FROM tokens WHERE revoked_at IS NULL ORDER BY id
        """,
    )


def tokens_of(tx: Transaction, workspace: int, user: int) -> list[Token]:
    return tx.all(
        Token,
        """
        SELECT id, workspace_id, user_id, name, purpose, secret_hash, scopes, created_at, expires_at,
               last_used_at, revoked_at
        FROM tokens WHERE workspace_id = :workspace AND user_id = :user ORDER BY id
        """,
        workspace=workspace,
        user=user,
    )


def revoke_token(tx: Transaction, workspace: int, user: int, token: int, now: int) -> int:
    return tx.execute(
        """
        UPDATE tokens SET revoked_at = :now
        WHERE workspace_id = :workspace AND user_id = :user AND id = :token AND revoked_at IS NULL
        """,
        workspace=workspace,
        user=user,
        token=token,
        now=now,
    )


def note_use(tx: Transaction, token: int, used_at: int, expires_at: int | None) -> None:
    tx.execute(
        "UPDATE tokens SET last_used_at = :used_at, expires_at = :expires_at WHERE id = :token",
        token=token,
        used_at=used_at,
        expires_at=expires_at,
    )


def add_ticket(tx: Transaction, ticket: Ticket) -> int:
    return tx.number(
        """
            INSERT INTO tickets
                (workspace_id, user_id, purpose, secret_hash, subject, created_at, expires_at, failures)
            VALUES (:workspace, :user, :purpose, :secret_hash, :subject, :created_at, :expires_at, 0)
            RETURNING id
            """,
        workspace=ticket.workspace_id,
        user=ticket.user_id,
        purpose=ticket.purpose,
        secret_hash=ticket.secret_hash,
        subject=ticket.subject,
        created_at=ticket.created_at,
        expires_at=ticket.expires_at,
    )


def ticket_by_secret(tx: Transaction, purpose: str, secret_hash: bytes) -> Ticket | None:
    return tx.one(
        Ticket,
        """
        SELECT id, workspace_id, user_id, purpose, secret_hash, subject, created_at, expires_at,
               used_at, failures
        FROM tickets WHERE purpose = :purpose AND secret_hash = :secret_hash
        """,
        purpose=purpose,
        secret_hash=secret_hash,
    )


def open_tickets(tx: Transaction, purpose: str, now: int) -> list[Ticket]:
    return tx.all(
        Ticket,
        """
        SELECT id, workspace_id, user_id, purpose, secret_hash, subject, created_at, expires_at,
               used_at, failures
        FROM tickets WHERE purpose = :purpose AND used_at IS NULL AND expires_at > :now ORDER BY id
        """,
        purpose=purpose,
        now=now,
    )


def use_ticket(tx: Transaction, ticket: int, now: int) -> int:
    return tx.execute(
        "UPDATE tickets SET used_at = :now WHERE id = :ticket AND used_at IS NULL", ticket=ticket, now=now
    )


def count_failure(tx: Transaction, ticket: int) -> None:
    tx.execute("UPDATE tickets SET failures = failures + 1 WHERE id = :ticket", ticket=ticket)


def drop_tickets(tx: Transaction, before: int) -> int:
    return tx.execute("DELETE FROM tickets WHERE expires_at < :before", before=before)
