"""Categories as people name them on the command line, and what edits of them would move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from hourloom.cli.output import hours, print_json, print_table, say
from hourloom.core.errors import Invalid, NotFound
from hourloom.sdk.answers import ListedProjects, ListedTags
from hourloom.sdk.api import Api
from hourloom.sdk.deciding import (
    CategoryShown,
    ListedCategories,
    OutcomeShown,
    RulesPreview,
    TestedRules,
)

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


class NoLabelNamed(NotFound):
    """There is no {kind} '{name}'; `hourloom {kind} list` shows those there are."""


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


class _Named(Protocol):
    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...


def fill_outcome(
    api: Api,
    outcome: OutcomeShown,
    *,
    category: str | None = None,
    project: str | None = None,
    tags: Sequence[str] = (),
) -> OutcomeShown:
    """Put into an outcome what is named, as numbers; what is not named stays."""
    if category is not None:
        outcome.category_id = category_named(categories_of(api), category).id
    if project is not None:
        projects = api.get("/api/v1/projects", ListedProjects).projects
        outcome.project_id = _labelled(projects, project, "project")
    if tags:
        known = api.get("/api/v1/tags", ListedTags).tags
        outcome.tag_ids = [_labelled(known, name, "tag") for name in tags]
    return outcome


def outcome_in_words(outcome: OutcomeShown, paths: Mapping[int, Sequence[str]], names: LabelNames) -> str:
    """Write what something gets."""
    found = [] if outcome.category_id is None else [path_of(paths.get(outcome.category_id))]
    return ", ".join([*found, *names.said(outcome.project_id, outcome.tag_ids)])


def _labelled(found: Iterable[_Named], name: str, kind: str) -> int:
    for each in found:
        if each.name.casefold() == name.casefold() or str(each.id) == name:
            return each.id
    raise NoLabelNamed(kind=kind, name=name[:100])


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
    def in_outcomes(api: Api, outcomes: Sequence[OutcomeShown]) -> LabelNames:
        """Ask for the names of all that some outcomes give."""
        project = next((each.project_id for each in outcomes if each.project_id is not None), None)
        return LabelNames.of(api, project, [tag for each in outcomes for tag in each.tag_ids])

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
