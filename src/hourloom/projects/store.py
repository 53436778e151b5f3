"""The SQL of projects and tags."""

from __future__ import annotations

from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.projects.model import Project, Tag


def projects_of(tx: Transaction, workspace: int) -> list[Project]:
    """Return all projects that are not in the trash."""
    return tx.all(
        Project,
        """
        SELECT id, name, color, created_at, archived_at, deleted_at FROM projects
        WHERE workspace_id = :workspace AND deleted_at IS NULL ORDER BY id
        """,
        workspace=workspace,
    )


def deleted_projects(tx: Transaction, workspace: int) -> list[Project]:
    """Return the projects in the trash, those deleted last first."""
    return tx.all(
        Project,
        """
        SELECT id, name, color, created_at, archived_at, deleted_at FROM projects
        WHERE workspace_id = :workspace AND deleted_at IS NOT NULL ORDER BY deleted_at DESC, id
        """,
        workspace=workspace,
    )


def project_by_id(tx: Transaction, workspace: int, number: int) -> Project | None:
    """Return a project, from the trash too."""
    return tx.one(
        Project,
        """
        SELECT id, name, color, created_at, archived_at, deleted_at FROM projects
        WHERE workspace_id = :workspace AND id = :number
        """,
        workspace=workspace,
        number=number,
    )


def add_project(tx: Transaction, workspace: int, name: str, color: str | None, now: int) -> int:
    return tx.number(
        """
        INSERT INTO projects (workspace_id, name, color, created_at)
        VALUES (:workspace, :name, :color, :now) RETURNING id
        """,
        workspace=workspace,
        name=name,
        color=color,
        now=now,
    )


def set_project(tx: Transaction, workspace: int, project: Project) -> int:
    return tx.execute(
        """
        UPDATE projects SET name = :name, color = :color, archived_at = :archived_at, deleted_at = :deleted_at
        WHERE workspace_id = :workspace AND id = :number
        """,
        workspace=workspace,
        number=project.id,
        name=project.name,
        color=project.color,
        archived_at=project.archived_at,
        deleted_at=project.deleted_at,
    )


def put_project(tx: Transaction, workspace: int, project: Project) -> None:
    """Add a project with the number that it had elsewhere."""
    tx.execute(
        """
        INSERT INTO projects (id, workspace_id, name, color, created_at, archived_at, deleted_at)
        VALUES (:number, :workspace, :name, :color, :created_at, :archived_at, :deleted_at)
        """,
        workspace=workspace,
        number=project.id,
        name=project.name,
        color=project.color,
        created_at=project.created_at,
        archived_at=project.archived_at,
        deleted_at=project.deleted_at,
    )


def drop_project(tx: Transaction, workspace: int, number: int) -> int:
    return tx.execute(
        "DELETE FROM projects WHERE workspace_id = :workspace AND id = :number",
        workspace=workspace,
        number=number,
    )


def drop_old_projects(tx: Transaction, before: int) -> int:
    """Delete the projects that were put into the trash before an instant."""
    return tx.execute("DELETE FROM projects WHERE deleted_at < :before", before=before)


def has_projects(tx: Transaction, workspace: int, first: int, last: int) -> bool:
    """Return whether a workspace has projects, or any one has a number from one to another."""
    found = tx.value(
        "SELECT 1 FROM projects WHERE workspace_id = :workspace OR id BETWEEN :first AND :last",
        workspace=workspace,
        first=first,
        last=last,
    )
    return found is not None


def tags_of(tx: Transaction, workspace: int) -> list[Tag]:
    """Return all tags that are not in the trash."""
    return tx.all(
        Tag,
        """
        SELECT id, name, created_at, deleted_at FROM tags
        WHERE workspace_id = :workspace AND deleted_at IS NULL ORDER BY id
        """,
        workspace=workspace,
    )


def deleted_tags(tx: Transaction, workspace: int) -> list[Tag]:
    """Return the tags in the trash, those deleted last first."""
    return tx.all(
        Tag,
        """
        SELECT id, name, created_at, deleted_at FROM tags
        WHERE workspace_id = :workspace AND deleted_at IS NOT NULL ORDER BY deleted_at DESC, id
        """,
        workspace=workspace,
    )


def tag_by_id(tx: Transaction, workspace: int, number: int) -> Tag | None:
    """Return a tag, from the trash too."""
    return tx.one(
        Tag,
        """
        SELECT id, name, created_at, deleted_at FROM tags WHERE workspace_id = :workspace AND id = :number
        """,
        workspace=workspace,
        number=number,
    )


def add_tag(tx: Transaction, workspace: int, name: str, now: int) -> int:
    return tx.number(
        "INSERT INTO tags (workspace_id, name, created_at) VALUES (:workspace, :name, :now) RETURNING id",
        workspace=workspace,
        name=name,
        now=now,
    )


def set_tag(tx: Transaction, workspace: int, tag: Tag) -> int:
    return tx.execute(
        """
        UPDATE tags SET name = :name, deleted_at = :deleted_at
        WHERE workspace_id = :workspace AND id = :number
        """,
        workspace=workspace,
        number=tag.id,
        name=tag.name,
        deleted_at=tag.deleted_at,
    )


def put_tag(tx: Transaction, workspace: int, tag: Tag) -> None:
    """Add a tag with the number that it had elsewhere."""
    tx.execute(
        """
        INSERT INTO tags (id, workspace_id, name, created_at, deleted_at)
        VALUES (:number, :workspace, :name, :created_at, :deleted_at)
        """,
        workspace=workspace,
        number=tag.id,
        name=tag.name,
        created_at=tag.created_at,
        deleted_at=tag.deleted_at,
    )


def drop_tag(tx: Transaction, workspace: int, number: int) -> int:
    return tx.execute(
        "DELETE FROM tags WHERE workspace_id = :workspace AND id = :number",
        workspace=workspace,
        number=number,
    )


def drop_old_tags(tx: Transaction, before: int) -> int:
    """Delete the tags that were put into the trash before an instant."""
    return tx.execute("DELETE FROM tags WHERE deleted_at < :before", before=before)


def has_tags(tx: Transaction, workspace: int, first: int, last: int) -> bool:
    """Return whether a workspace has tags, or any one has a number from one to another."""
    found = tx.value(
        "SELECT 1 FROM tags WHERE workspace_id = :workspace OR id BETWEEN :first AND :last",
        workspace=workspace,
        first=first,
        last=last,
    )
    return found is not None


def _names(rows: Rows) -> dict[int, str]:
    return {whole(number): str(name) for number, name in rows}


def project_names(tx: Transaction, workspace: int) -> dict[int, str]:
    """Return the names of all projects that are not in the trash."""
    return _names(
        tx.rows(
            "SELECT id, name FROM projects WHERE workspace_id = :workspace AND deleted_at IS NULL",
            workspace=workspace,
        )
    )


def tag_names(tx: Transaction, workspace: int) -> dict[int, str]:
    """Return the names of all tags that are not in the trash."""
    return _names(
        tx.rows(
            "SELECT id, name FROM tags WHERE workspace_id = :workspace AND deleted_at IS NULL",
            workspace=workspace,
        )
    )
