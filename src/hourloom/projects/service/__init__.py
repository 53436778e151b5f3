"""Make, name, archive and delete projects and tags."""

from hourloom.projects.service.projects import Projects
from hourloom.projects.service.references import References
from hourloom.projects.service.tags import Tags

__all__ = ["Projects", "References", "Tags"]
