"""The invented clients, with their projects, files, pages and meetings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Project:
    """Work for one client."""

    client: str
    name: str
    branches: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    """Paths with the language that the editor reports."""
    issues: tuple[str, ...]
    meeting: str
    domain: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page on the web; one that is audible plays sound."""

    url: str
    title: str
    audible: bool = False


PROJECTS = (
    Project(
        "Brindlemoor Freight",
        "parcel-portal",
        ("main", "feature/label-printing", "fix/customs-form"),
        (
            ("src/tracking/timeline.py", "python"),
            ("src/tracking/carriers.py", "python"),
            ("src/labels/render.py", "python"),
            ("src/labels/sizes.py", "python"),
            ("src/customs/form.py", "python"),
            ("tests/test_carriers.py", "python"),
            ("tests/test_labels.py", "python"),
            ("web/src/Timeline.svelte", "svelte"),
            ("docs/carriers.md", "markdown"),
            ("pyproject.toml", "toml"),
        ),
        (
            "BRIN-118 Label printing cuts the last line",
            "BRIN-121 Customs form rejects long names",
            "BRIN-124 Show the carrier's own times",
            "BRIN-130 Parcels without weight",
        ),
        "Brindlemoor weekly",
        "brindlemoor.example",
    ),
    Project(
        "Solvane Energy",
        "meter-dashboard",
        ("main", "feature/tariffs", "spike/forecast"),
        (
            ("app/readings/import.ts", "typescript"),
            ("app/readings/gaps.ts", "typescript"),
            ("app/charts/LoadCurve.tsx", "typescriptreact"),
            ("app/charts/Legend.tsx", "typescriptreact"),
            ("app/tariffs/steps.ts", "typescript"),
            ("app/tariffs/steps.test.ts", "typescript"),
            ("db/queries/daily.sql", "sql"),
            ("README.md", "markdown"),
        ),
        (
            "SOLV-57 Readings jump at the clock change",
            "SOLV-61 Stepped tariffs",
            "SOLV-64 Load curve is slow for a year",
        ),
        "Solvane planning",
        "solvane.example",
    ),
    Project(
        "Tarn & Thistle",
        "garden-shop",
        ("main", "redesign/checkout"),
        (
            ("theme/checkout.css", "css"),
            ("theme/product.css", "css"),
            ("templates/checkout.html", "html"),
            ("templates/product.html", "html"),
            ("shop/stock.py", "python"),
            ("shop/vouchers.py", "python"),
        ),
        ("TARN-9 Vouchers on the last page", "TARN-12 Seed packets by season", "TARN-15 Pictures load late"),
        "Tarn & Thistle check-in",
        "tarnandthistle.example",
    ),
)

DOCUMENTATION = (
    Page("https://docs.python.org/3/library/zoneinfo.html", "zoneinfo — IANA time zone support"),
    Page("https://docs.python.org/3/library/itertools.html", "itertools — Functions creating iterators"),
    Page("https://developer.mozilla.org/en-US/docs/Web/CSS/grid", "grid - CSS | MDN"),
    Page("https://developer.mozilla.org/en-US/docs/Web/API/Canvas_API", "Canvas API - Web APIs | MDN"),
    Page("https://www.sqlite.org/lang_upsert.html", "UPSERT"),
    Page("https://answers.example/q/48211/svg-text-baseline", "SVG text baseline differs between browsers"),
    Page("https://answers.example/q/50977/dst-sum-of-hours", "Why does this day have 25 hours?"),
    Page("https://search.example/?q=svelte+store+derived", "svelte store derived - Search"),
)

OFFICE = (
    Page("https://calendar.example/week", "Calendar - Week"),
    Page("https://invoices.example/drafts", "Drafts - Invoices"),
    Page("https://invoices.example/overdue", "Overdue - Invoices"),
    Page("https://bank.example/accounts", "Accounts"),
    Page("https://travel.example/trains?to=harbour", "Trains to Harbour"),
)

LEISURE = (
    Page("https://videos.example/watch?v=7fGq2", "Building a cedar canoe, part 3", audible=True),
    Page("https://videos.example/watch?v=Lk09x", "Sourdough for patient people", audible=True),
    Page("https://videos.example/watch?v=aa81Q", "The quietest train line", audible=True),
    Page("https://videos.example/watch?v=Zt5mm", "Forty synthesisers in forty minutes", audible=True),
    Page("https://news.example/", "News"),
    Page("https://news.example/science/eels", "Where the eels go"),
    Page("https://forum.example/r/gardening", "gardening"),
    Page("https://forum.example/r/mechanicalkeyboards/comments/91", "My first board"),
    Page("https://shop.example/headphones", "Headphones - Shop"),
    Page("https://chess.example/puzzle", "Puzzle of the day"),
)

MAIL = (
    "Inbox",
    "Re: Invoice 2041",
    "Re: Numbers for the steering group",
    "Contract extension",
    "Re: Photos for the seed packets",
    "Your train on Thursday",
    "Write: Offer for the autumn",
)

CHANNELS = ("general", "releases", "design", "random")
TUNES = (
    "Low Tide - Marrow Lane",
    "Glasshouse - The Ferrymen",
    "Slow Signal - Ada Quill",
    "Kiln - Oskar Vane",
)


def issue_page(project: Project, issue: str) -> Page:
    """Return the page of an issue in the client's tracker."""
    key = issue.partition(" ")[0]
    return Page(f"https://issues.{project.domain}/browse/{key}", f"{issue} - Issues")


def change_page(project: Project, number: int) -> Page:
    """Return the page of a change that waits for review."""
    return Page(
        f"https://code.example/{project.name}/changes/{number}",
        f"Change {number}: {project.branches[number % len(project.branches)]} · {project.name}",
    )
