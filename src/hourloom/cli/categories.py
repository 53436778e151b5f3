"""Categories as people name them on the command line, and what edits of them would move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hourloom.cli.output import hours, print_json, print_table, say
from hourloom.core.errors import Invalid, NotFound
from hourloom.sdk.answers import ListedProjects, ListedTags
from hourloom.sdk.api import Api
from hourloom.sdk.deciding import CategoryShown, ListedCategories, RulesPreview, TestedRules

CATEGORIES, RULES, CORRECTIONS = "/api/v1/categories", "/api/v1/rules", "/api/v1/corrections"
SEPARATOR = " > "
UNASSIGNED = "(unassigned)"

SAID_BY = {
    "correction": "you said so",
    "rule": "your rule {rule}",
    "mark": "what you said about the time",
    "learned": "learned from your corrections",
    "table": "the shipped table of programs and sites",
    "keyword": "keywords",
    "model": "{version}",
    "none": "nobody",
}


class NoCategoryNamed(NotFound):
    """There is no category '{name}'; `hourloom category list` shows those there are."""


class ManyCategoriesNamed(Invalid):
    """Several categories are named '{name}': {paths}; write the whole path or the number."""


def categories_of(api: Api) -> list[CategoryShown]:
    """Return all categories, each before those below it."""
    return api.get(CATEGORIES, ListedCategories).categories


def category_named(found: Sequence[CategoryShown], name: str) -> CategoryShown:
    """Return the category of a number, a path, or a name that only one has."""
    parts = [part.strip() for part in name.split(">")]
    for each in found:
        if each.path == parts or (name.isdecimal() and each.id == int(name)):
            return each
    alike = [each for each in found if each.name.casefold() == name.strip().casefold()]
    if len(alike) > 1:
        raise ManyCategoriesNamed(name=name, paths=", ".join(path_of(each.path) for each in alike))
    if not alike:
        raise NoCategoryNamed(name=name[:200])
    return alike[0]


def path_of(path: Sequence[str] | None) -> str:
    """Write a path, or that there is no category."""
    return SEPARATOR.join(path) if path else UNASSIGNED


def show_preview(found: RulesPreview, *, as_json: bool) -> None:
    """Show what an edit would move."""
    if as_json:
        print_json(found)
        return
    rows = [
        (path_of(each.from_path), path_of(each.to_path), f"{each.activities:,}", hours(each.seconds))
        for each in found.moves
    ]
    print_table(("FROM", "TO", "ACTIVITIES", "TIME"), rows)
    more = ""
    if found.relabelled:
        more = f" {found.relabelled:,} more would get another project or tags."
    say(f"{found.activities:,} of {found.looked_at:,} activities, {hours(found.seconds)}, would move.{more}")


class LabelNames(NamedTuple):
    """What projects and tags are called."""

    projects: Mapping[int, str]
    tags: Mapping[int, str]

    @staticmethod
    def of(api: Api, project: int | None, tags: Sequence[int]) -> LabelNames:
        """Ask for the names, where there is something to name."""
        projects = api.get("/api/v1/projects", ListedProjects).projects if project is not None else []
        known = api.get("/api/v1/tags", ListedTags).tags if tags else []
        return LabelNames({each.id: each.name for each in projects}, {each.id: each.name for each in known})

    def said(self, project: int | None, tags: Sequence[int]) -> list[str]:
        """Name a project and tags; by its number what has no name any more."""
        found = [] if project is None else [f"project {self.projects.get(project, project)}"]
        return [*found, *(f"tag {self.tags.get(tag, tag)}" for tag in tags)]


def show_tested(api: Api, found: TestedRules, *, as_json: bool) -> None:
    """Show what was decided about something, and why."""
    if as_json:
        print_json(found)
        return
    by = SAID_BY.get(found.source, found.source).format(rule=found.rule_id, version=found.version)
    print(path_of(found.path))
    sure = f", {found.confidence:.0%} sure" if 0 < found.confidence < 1 else ""
    say(f"Decided by: {by}{sure}.")
    if found.project_id is not None or found.tag_ids:
        names = LabelNames.of(api, found.project_id, found.tag_ids)
        say(f"It also gets {', '.join(names.said(found.project_id, found.tag_ids))}.")
    if found.matched:
        say(f"It meets the rules {', '.join(map(str, found.matched))}.")
    if found.depends_on_moment:
        say("It depends on the time or on how long the visit lasts: without these it would be so.")
