"""What the features below call categories, projects and tags."""

from __future__ import annotations

from collections.abc import Mapping

from hourloom.activities.model.category import CategoryTree
from hourloom.activities.service.categories import Categories
from hourloom.core.actors import Actor
from hourloom.db.transaction import Database
from hourloom.projects.service import Projects, Tags


class NamesInUse:
    """The names that categories, projects and tags have now."""

    def __init__(self, database: Database, categories: Categories, projects: Projects, tags: Tags) -> None:
        self._database, self._categories = database, categories
        self._projects, self._tags = projects, tags

    def tree(self, who: Actor) -> CategoryTree:
        """Return all categories."""
        with self._database.read() as tx:
            return self._categories.tree(tx, who.workspace_id)

    def projects(self, who: Actor) -> Mapping[int, str]:
        """Return the projects that are not in the trash."""
        with self._database.read() as tx:
            return self._projects.names(tx, who.workspace_id)

    def tags(self, who: Actor) -> Mapping[int, str]:
        """Return the tags that are not in the trash."""
        with self._database.read() as tx:
            return self._tags.names(tx, who.workspace_id)
