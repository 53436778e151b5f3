"""What holds of each page alike: empty, it says what to do; an answer that fails takes nothing along."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import Show
from tests.ui.stories import a_phone, an_empty_server, breaks, recovers, visit
from tests.web.asking import RealServer
from tests.web.browser import Faults

pytestmark = pytest.mark.soak

EMPTY = {
    "/week": "Nothing was recorded in this week.",
    "/reports": "Nothing was recorded in this period",
    "/reports?shape=sunburst": "Nothing was recorded in this period",
    "/rules": "No rule yet.",
    "/rules/categories": "Kinds of activity, in a tree.",
    "/rules/corrections": "Nothing was corrected",
    "/goals": "No goal yet.",
    "/patterns": "Not enough data yet",
    "/inbox": "recovery code",
    "/raw": "No watcher has reported yet.",
    "/raw/query": "Nothing that a query does changes the record.",
}
"""What each page says while there is nothing yet."""

BROKEN = {
    "week": ("/week/2026-11-18", "/reports/heat", "Where the hours went"),
    "week's days": ("/week/2026-11-18", "/reports/timeline", "Where the hours went"),
    "reports": ("/reports?date=2026-11-18", "/reports/summary", "Compare with the period before"),
    "reports' hours": ("/reports?date=2026-11-18", "/reports/heat", "Over time"),
    "a report's chart": ("/reports?date=2026-11-18&shape=tree", "/categories", "Work › Programming"),
    "rules": ("/rules", "/rules", "Try it"),
    "categories": ("/rules/categories", "/categories", "Kinds of activity, in a tree."),
    "corrections": ("/rules/corrections", "/corrections", "Corrections"),
    "goals": ("/goals", "/goals", "Goals"),
    "patterns": ("/patterns/2026-11-18", "/trends", "When you focus best"),
    "inbox": ("/inbox", "/notices", "Inbox"),
    "raw data": ("/raw", "/buckets", "Query"),
}
"""Where something fails, what of it, and what is to be seen all the same."""


@pytest.fixture(scope="module")
def empty(
    browser: Browser, start_server: Callable[..., RealServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Page, RealServer]]:
    """Open a phone on a server that nothing has reported to."""
    with (
        an_empty_server(start_server, tmp_path_factory.mktemp("empty")) as server,
        a_phone(browser, server) as page,
    ):
        yield page, server


@pytest.mark.parametrize("address", EMPTY)
def test_a_page_says_why_it_is_empty(empty: tuple[Page, RealServer], address: str) -> None:
    page, server = empty
    visit(page, server, address)
    main = page.get_by_role("main")
    expect(main.get_by_text(EMPTY[address]).first).to_be_visible()
    expect(main.get_by_role("alert")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_that_fails_takes_nothing_else_along(
    page: Page, show: Show, faults: Faults, name: str
) -> None:
    address, part, otherwise = BROKEN[name]
    whole = breaks(page, faults, part)
    show(address)
    recovers(page, whole, otherwise)
