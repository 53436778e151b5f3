"""The shipped table and keywords: sound as files, right about a day as people have it, silent at times."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.year import APPS, SITES
from hourloom.activities.model.category import PALETTE, Category, CategoryTree, problem_of_name
from hourloom.activities.model.learned import Learned, Vote
from hourloom.activities.model.subject import Description
from hourloom.activities.shipped import Language, default_tree, is_container, names_in, shipped_answer
from hourloom.activities.shipped.keywords import entries_of_keywords
from hourloom.activities.shipped.page import table as page_table
from hourloom.activities.shipped.table import entries_of_table, table
from hourloom.core.app_names import NAMES
from hourloom.core.apps import app_identity
from hourloom.core.urls import host_of
from hourloom.demo import cast
from hourloom.tracking.enrichment import registrable

KEYS = {category.key for category in default_tree()}


def seen(app: str = "", title: str = "", url: str = "", *, language: str = "", path: str = "") -> Description:
    """Return a description as watchers and enrichment make it."""
    host = host_of(url) if url else ""
    return Description(
        "desk",
        app_identity(app) if app else "",
        app,
        title,
        url,
        registrable(host),
        host,
        urlsplit(url).path or path,
        "",
        language,
        False,
        False,
    )


def key_of(description: Description) -> str | None:
    found = shipped_answer(description)
    return None if found is None else found.key


A_DAY = [
    # What windows of programs look like on Linux, Windows and macOS, written down from memory of such desks.
    (("Code", "render.py - parcels - Visual Studio Code"), "work.programming"),
    (("Code.exe", "index.ts - shop - Visual Studio Code"), "work.programming"),
    (("jetbrains-pycharm", "parcels - carriers.py"), "work.programming"),
    (("idea64.exe", "shop - Main.java"), "work.programming"),
    (("Xcode", "Tracker — AppDelegate.swift"), "work.programming"),
    (("Gnome-terminal", "anna@desk: ~/src/parcels"), "work.programming"),
    (("WindowsTerminal.exe", "PowerShell"), "work.programming"),
    (("iTerm2", "vim tests/test_labels.py"), "work.programming"),
    (("dbeaver", "DBeaver 23.2 - orders"), "work.programming"),
    (("WINWORD.EXE", "Offer autumn.docx - Word"), "work.documents"),
    (("Microsoft Word", "Offer autumn"), "work.documents"),
    (("libreoffice-writer", "Angebot.odt — LibreOffice Writer"), "work.documents"),
    (("EXCEL.EXE", "Budget 2026.xlsx - Excel"), "work.documents"),
    (("POWERPNT.EXE", "Kick-off.pptx - PowerPoint"), "work.documents"),
    (("obsidian", "Daily note - Vault - Obsidian v1.5.3"), "work.documents"),
    (("Evince", "contract.pdf — Contract"), "work.documents"),
    (("AcroRd32.exe", "manual.pdf - Adobe Acrobat Reader"), "work.documents"),
    (("Gimp-2.10", "[logo] (imported)-1.0 (RGB color 8-bit) 1200x800 - GIMP"), "work.design"),
    (("org.inkscape.Inkscape", "poster.svg - Inkscape"), "work.design"),
    (("Photoshop.exe", "header.psd @ 66,7%"), "work.design"),
    (("figma-linux", "Checkout - Figma"), "work.design"),
    (("rstudio", "survey - RStudio"), "work.data"),
    (("zoom", "Zoom Meeting"), "work.meetings"),
    (("CiscoCollabHost.exe", "Webex"), "work.meetings"),
    (("ms-teams.exe", "Chat | Jonas | Microsoft Teams"), "communication.chat"),
    (("Slack", "general (Channel) - Acme - Slack"), "communication.chat"),
    (("TelegramDesktop", "Telegram (3)"), "communication.chat"),
    (("Signal", "Signal"), "communication.chat"),
    (("thunderbird", "Inbox - anna@example.org - Mozilla Thunderbird"), "communication.email"),
    (("OUTLOOK.EXE", "Inbox - anna@acme.example - Outlook"), "communication.email"),
    (("org.gnome.Evolution", "Mail — Evolution"), "communication.email"),
    (("Spotify", "Spotify Premium"), "media.music"),
    (("vlc", "holiday.mp4 - VLC media player"), "media.video"),
    (("mpv", "film.mkv - mpv"), "media.video"),
    (("steam_app_1145360", "Hades"), "media.games"),
    (("Steam.exe", "Steam"), "media.games"),
    (("explorer.exe", "Downloads"), "system.files"),
    (("org.gnome.Nautilus", "Pictures"), "system.files"),
    (("Finder", "Desktop"), "system.files"),
    (("gnome-control-center", "Settings"), "system.settings"),
    (("Taskmgr.exe", "Task Manager"), "system.settings"),
    (("KeePassXC", "Passwords.kdbx - KeePassXC"), "system.tools"),
    (("gnome-calculator", "Calculator"), "system.tools"),
    (("todoist", "Today - Todoist"), "work.planning"),
    (("anki", "Spanish - Anki"), "learning.courses"),
    # Pages that a browser's watcher saw.
    (("firefox", "Fix carriers by anna · Pull Request #12", "https://github.com/acme/parcels/pull/12"),
     "work.programming"),
    (("firefox", "Merge requests", "https://gitlab.com/acme/parcels/-/merge_requests"), "work.programming"),
    (("chrome", "Pipelines", "https://gitlab.acme.example/parcels/-/pipelines"), "work.programming"),
    (("chrome", "localhost", "http://localhost:5173/checkout"), "work.programming"),
    (("chrome", "EC2 Console", "https://eu-west-1.console.aws.amazon.com/ec2"), "work.programming"),
    (("firefox", "How do I merge two dicts?", "https://stackoverflow.com/questions/38987"),
     "learning.reference"),
    (("firefox", "itertools", "https://docs.python.org/3/library/itertools.html"), "learning.reference"),
    (("firefox", "Canal - Wikipedia", "https://en.wikipedia.org/wiki/Canal"), "learning.reference"),
    (("firefox", "leo.org", "https://dict.leo.org/german-english/tide"), "learning.reference"),
    (("firefox", "Docs", "https://docs.acme.example/api/reference"), "learning.reference"),
    (("firefox", "Offer - Google Docs", "https://docs.google.com/document/d/1/edit"), "work.documents"),
    (("firefox", "My Drive", "https://drive.google.com/drive/my-drive"), "work.documents"),
    (("firefox", "Planning wiki", "https://wiki.acme.example/display/PLAN"), "work.documents"),
    (("firefox", "Roadmap | Notion", "https://www.notion.so/acme/Roadmap"), "work.documents"),
    (("firefox", "BRIN-118", "https://acme.atlassian.net/browse/BRIN-118"), "work.planning"),
    (("firefox", "BRIN-118", "https://jira.acme.example/browse/BRIN-118"), "work.planning"),
    (("firefox", "Google Calendar", "https://calendar.google.com/calendar/u/0/r/week"), "work.planning"),
    (("firefox", "Board | Trello", "https://trello.com/b/1/board"), "work.planning"),
    (("firefox", "Meet - abc", "https://meet.google.com/abc-defg-hij"), "work.meetings"),
    (("firefox", "Big Blue Button", "https://bbb.university.example/rooms/1"), "work.meetings"),
    (("firefox", "Inbox (3)", "https://mail.google.com/mail/u/0/#inbox"), "communication.email"),
    (("firefox", "Posteingang", "https://webmail.provider.example/?_task=mail"), "communication.email"),
    (("firefox", "GMX", "https://www.gmx.net/mail"), "communication.email"),
    (("firefox", "WhatsApp", "https://web.whatsapp.com/"), "communication.chat"),
    (("firefox", "general", "https://chat.acme.example/channel/general"), "communication.chat"),
    (("firefox", "Home / X", "https://x.com/home"), "communication.social"),
    (("firefox", "r/gardening", "https://www.reddit.com/r/gardening"), "communication.social"),
    (("firefox", "Feed | LinkedIn", "https://www.linkedin.com/feed/"), "communication.social"),
    (("firefox", "Hacker News", "https://news.ycombinator.com/"), "communication.social"),
    (("firefox", "Cedar canoe", "https://www.youtube.com/watch?v=1"), "media.video"),
    (("firefox", "Home", "https://www.netflix.com/browse"), "media.video"),
    (("firefox", "Tatort", "https://www.ardmediathek.de/video/1"), "media.video"),
    (("firefox", "My mix", "https://music.youtube.com/playlist"), "media.music"),
    (("firefox", "Discover Weekly", "https://open.spotify.com/playlist/1"), "media.music"),
    (("firefox", "Puzzle", "https://lichess.org/training"), "media.games"),
    (("firefox", "Nachrichten", "https://www.spiegel.de/politik"), "media.news"),
    (("firefox", "World", "https://www.nytimes.com/section/world"), "media.news"),
    (("firefox", "Wordle", "https://www.nytimes.com/games/wordle/index.html"), "media.games"),
    (("firefox", "heise online", "https://www.heise.de/"), "media.news"),
    (("firefox", "Headphones", "https://www.amazon.de/dp/B0"), "personal.shopping"),
    (("firefox", "Warenkorb", "https://www.gartenbedarf-mueller.example/warenkorb"), "personal.shopping"),
    (("firefox", "Finanzstatus", "https://www.sparkasse.de/konten"), "personal.finance"),
    (("firefox", "Übersicht", "https://banking.berliner-bank.example/start"), "personal.finance"),
    (("firefox", "Berlin → Hamburg", "https://www.bahn.de/buchung/fahrplan"), "personal.travel"),
    (("firefox", "Hotels in Lisbon", "https://www.booking.com/searchresults.html"), "personal.travel"),
    (("firefox", "Route", "https://www.google.com/maps/dir/1"), "personal.travel"),
    (("firefox", "Termin", "https://www.doctolib.de/hausarzt/berlin"), "personal.health"),
    (("firefox", "canoe - Google Search", "https://www.google.com/search?q=canoe"), "web.search"),
    (("firefox", "canoe at DuckDuckGo", "https://duckduckgo.com/?q=canoe"), "web.search"),
    (("firefox", "ChatGPT", "https://chatgpt.com/c/1"), "work.assistants"),
    (("firefox", "Campaigns", "https://app.hubspot.com/contacts/1"), "work.business"),
    (("firefox", "Rechnung 2041", "https://app.rechnungsprofi.example/rechnungen/2041"), "work.business"),
    (("firefox", "Latency - Grafana", "https://grafana.acme.example/d/1/latency"), "work.data"),
    (("firefox", "Machine Learning | Coursera", "https://www.coursera.org/learn/ml"), "learning.courses"),
    (("firefox", "Vorlesung 3", "https://moodle.uni.example/course/view.php?id=3"), "learning.courses"),
    # Browsers of which only the title is known.
    (("Google-chrome", "Inbox (3) - anna@gmail.com - Gmail - Google Chrome"), "communication.email"),
    (("firefox", "Cedar canoe, part 3 - YouTube — Mozilla Firefox"), "media.video"),
    (("msedge.exe", "canal - Google Search - Personal - Microsoft Edge"), "web.search"),
    (("Safari", "Pull requests · acme/parcels · GitHub"), "work.programming"),
    (("firefox", "Warenkorb | Gartenbedarf — Mozilla Firefox"), "personal.shopping"),
    # What no list holds.
    (("tide-tables", "Tide tables - Help and documentation"), "learning.reference"),
    (("obscure-player", "symphony.flac"), "media.music"),
    (("homegrown", "main.rs - homegrown"), "work.programming"),
]  # fmt: skip
"""What was in front of somebody, and where they would put it."""


def test_most_of_a_day_is_where_people_would_put_it() -> None:
    wrong = [
        (given, wanted, key_of(seen(*given))) for given, wanted in A_DAY if key_of(seen(*given)) != wanted
    ]
    assert len(A_DAY) >= 100
    assert len(wrong) <= 0.1 * len(A_DAY), wrong
    said = [each for each in wrong if each[2] is not None]
    assert len(said) <= 0.05 * len(A_DAY), f"better to say nothing: {said}"


def test_every_entry_is_of_the_tree_and_there_once() -> None:
    entries = list(entries_of_table())
    assert {section for section, _, _ in entries} <= KEYS
    twice = Counter((heading.split()[0], word) for _, heading, word in entries)
    assert [entry for entry, count in twice.items() if count > 1] == []
    kinds = Counter(heading.split()[0] for _, heading, _ in entries)
    assert (kinds["apps"] > 500, kinds["sites"] > 500) == (True, True)
    signs = list(entries_of_keywords())
    assert {section for section, _, _ in signs} <= KEYS
    assert [sign for sign, count in Counter(sign[1:] for sign in signs).items() if count > 1] == []
    assert all(word == word.casefold() for _, _, word in [*entries, *signs])


def test_apps_are_called_by_their_identities_and_sites_as_enrichment_writes_them() -> None:
    for _, heading, word in entries_of_table():
        if heading.startswith("apps") and "*" not in heading:
            assert app_identity(word) == word
        elif heading in {"sites", "hosts"}:
            host = word.partition("/")[0]
            assert host_of(f"https://{word}") == host
            assert "." in host
            assert not host.startswith("www.")
            assert registrable(host)


def test_every_name_of_a_program_leads_to_its_identity_and_stands_there_once() -> None:
    lines = [line.split() for line in NAMES.replace("\n ", " ").splitlines() if line]
    assert Counter(name for line in lines for name in line).most_common(1)[0][1] == 1
    for identity, *names in lines:
        for name in names:
            assert app_identity(name) == identity
            assert app_identity(name.upper()) == identity
    assert app_identity("C:\\Program Files\\WINWORD.EXE") == app_identity("Microsoft Word") == "word"


def test_the_tree_is_one_of_two_levels_whose_colours_are_of_the_palette() -> None:
    tree, numbers = default_tree(), {}
    for number, each in enumerate(tree, 1):
        assert each.parent is None or each.parent in numbers, "parents come first"
        numbers[each.key] = number
        assert each.key.count(".") <= 1
        assert each.score in {None, -2, -1, 0, 1, 2}
        assert each.color in {f"slot{place}" for place in range(1, len(PALETTE) + 1)}
        assert each.icon.replace("-", "").isalnum()
    assert len({(each.parent, each.name) for each in tree}) == len(tree)
    assert len(CategoryTree()) == 0


def laid_out(**changes: dict[str, object]) -> CategoryTree:
    """Return the default tree as a workspace has it, some of its categories changed by their keys."""
    numbers = {each.key: number for number, each in enumerate(default_tree(), 1)}
    return CategoryTree(
        msgspec.structs.replace(
            Category(numbers[each.key], each.name, numbers.get(each.parent or ""), shipped=each.key),
            **changes.get(each.key.replace(".", "_"), {}),
        )
        for each in default_tree()
    )


def renamed(tree: CategoryTree, names: dict[int, str]) -> CategoryTree:
    return CategoryTree(
        msgspec.structs.replace(each, name=names.get(each.id, each.name)) for each in tree.all
    )


@pytest.mark.parametrize("language", get_args(Language))
def test_every_category_has_a_name_of_its_own_in_each_language(language: Language) -> None:
    names = [(each.parent, each.names[language].casefold()) for each in default_tree()]
    assert all(problem_of_name(each.names[language]) is None for each in default_tree())
    assert len(set(names)) == len(names)
    same = {each.name for each in default_tree() if each.german == each.name}
    assert same == {"Chat", "Video", "System", "Web"}, "who adds a category gives it a German name"


def test_names_go_to_another_language_and_back() -> None:
    tree = laid_out()
    assert names_in(tree, "en") == {}
    german = renamed(tree, names_in(tree, "de"))
    assert {each.name for each in german.all} == {each.german for each in default_tree()}
    assert names_in(german, "de") == {}
    assert renamed(german, names_in(german, "en")).all == tree.all


def test_what_a_user_made_of_the_tree_keeps_its_name() -> None:
    tree = laid_out(
        work={"name": "Office"},
        media_games={"parent_id": None},
        media_news={"shipped": "media.news,media.reading"},
        web_search={"shipped": None},
    )
    of_key = {each.shipped: each.id for each in tree.all}
    named = {tree.require(number).name for number in names_in(tree, "de")}
    assert not named & {"Office", "Games", "Search", "Web"}
    assert {"Programming", "News", "Media"} <= named
    assert of_key["media.games"] not in names_in(tree, "de")


def test_a_name_that_a_neighbour_has_is_left_to_that_one() -> None:
    own = [Category(900, "ARBEIT"), Category(901, "Nachrichten", parent_id=1)]
    tree = CategoryTree([*laid_out().all, *own])
    named = {tree.require(number).name for number in names_in(tree, "de")}
    assert "Work" not in named
    assert "News" in named
    # What stays stands in the way of another, too.
    crossed = laid_out(media_music={"name": "Lesen", "shipped": None}, media_reading={"name": "Reading"})
    assert not {"Reading"} & {crossed.require(number).name for number in names_in(crossed, "de")}


@pytest.mark.parametrize("app", [app for app, *_ in APPS])
def test_every_app_of_the_made_up_year_is_known(app: str) -> None:
    assert app_identity(app) == "chrome" or key_of(seen(app, "some words")) is not None


@pytest.mark.parametrize("site", SITES)
def test_every_site_of_the_made_up_year_is_known(site: str) -> None:
    assert key_of(seen("Google-chrome", "some words", f"https://{site}/some/words")) is not None


def test_a_demo_day_is_categorised() -> None:
    pages = [*cast.DOCUMENTATION, *cast.OFFICE, *cast.LEISURE]
    pages += [cast.issue_page(project, issue) for project in cast.PROJECTS for issue in project.issues]
    pages += [cast.change_page(project, 0) for project in cast.PROJECTS]
    unknown = [page.url for page in pages if key_of(seen("firefox", page.title, page.url)) is None]
    assert unknown == []
    for app in ("Code", "Alacritty", "Slack", "thunderbird", "libreoffice-calc", "Spotify", "zoom"):
        assert key_of(seen(app, "something")) is not None


def test_what_is_below_a_portal_is_told_for_itself() -> None:
    assert key_of(seen(url="https://www.yahoo.com/")) == "media.news"
    assert key_of(seen(url="https://mail.yahoo.com/d")) == "communication.email"
    assert key_of(seen(url="https://www.google.de/search")) == "web.search"
    assert key_of(seen(url="https://unheard-of.google.com/x")) is None


def test_containers_are_not_decided_by_the_app_alone() -> None:
    for app in ("firefox", "Google Chrome", "qutebrowser", "Alacritty", "WindowsTerminal.exe"):
        assert is_container(app_identity(app))
        answer = shipped_answer(seen(app))
        assert answer is not None
        assert answer.is_weak
    assert shipped_answer(seen("firefox", "Tide — Mozilla Firefox", "https://tide.example/x")) is None
    assert not is_container("vscode")


def test_a_file_with_a_language_is_programming_in_any_editor() -> None:
    assert key_of(seen("homegrown", "notes", language="python", path="/src/x")) == "work.programming"


def test_signs_that_contradict_each_other_say_nothing() -> None:
    assert key_of(seen("unheard-of", "warenkorb vorlesung")) is None


@given(st.text(max_size=400), st.text(max_size=60), st.text(max_size=100))
def test_any_text_has_an_answer_of_the_tree_or_none(title: str, app: str, path: str) -> None:
    for url in ("", f"https://some.example/{path}"):
        found = shipped_answer(seen(app, title, url) if url.isascii() else seen(app, title))
        assert found is None or (found.key in KEYS and 0 < found.confidence <= 1)


def test_a_long_title_takes_no_time_to_speak_of() -> None:
    shipped_answer(seen("x", "let's " * 100_000, "https://a.example/" + "play/" * 1_000))
    assert table().of_site("a." * 120 + "example", "/x" * 1_000) is None


def votes(*said: tuple[str, str, int | None]) -> Learned:
    return Learned([Vote(*each) for each in said], is_container)


def test_a_majority_of_two_and_four_fifths_teaches() -> None:
    assert votes(("gimp", "", 7)).answer("gimp", "") is None
    assert votes(*[("gimp", "", 7)] * 2).answer("gimp", "") == (7, 1.0)
    assert votes(*[("gimp", "", 7)] * 4, ("gimp", "", 8)).answer("gimp", "") == (7, 0.8)
    assert votes(*[("gimp", "", 7)] * 3, ("gimp", "", 8)).answer("gimp", "") is None
    assert votes(*[("gimp", "", None)] * 3).answer("gimp", "") is None


def test_a_site_teaches_in_whichever_browser_and_a_browser_alone_teaches_nothing() -> None:
    learned = votes(("firefox", "shop.example", 7), ("", "shop.example", 7), *[("firefox", "", 8)] * 5)
    assert learned.answer("chrome", "shop.example") == (7, 1.0)
    assert learned.answer("firefox", "") is None
    assert len(learned) == 1


def test_the_page_holds_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "shipped-categories.md"
    assert page_table() in page.read_text("utf-8"), (
        "run `python -m hourloom.activities.shipped.page` and paste its table"
    )
