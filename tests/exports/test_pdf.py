"""Pages look as the numbers say, hold their text, and open without a complaint."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.exports.apart import document_apart
from hourloom.exports.as_pdf.drawing import drawn
from hourloom.exports.as_pdf.fonts import BOLD, BOX, REGULAR, cut, drawable, lines_of, width_of
from hourloom.exports.document import Listing, Text
from hourloom.exports.model import Page
from tests.exports.paper import (
    CODE,
    CODE_HOURS,
    DAYS,
    FILM,
    FILM_HOURS,
    MAIL,
    MAIL_HOURS,
    Paper,
    Picture,
    a_document,
    bars,
    facts,
    heat,
    listing,
    needs_poppler,
    stacks,
)
from tests.exports.tables import TITLES

MARGIN = 48


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    """Draw a whole report once."""
    document = a_document(facts(), stacks(), bars(), heat(), listing(120))
    return Paper(document, tmp_path_factory.mktemp("paper"))


@pytest.fixture(scope="module")
def front(paper: Paper) -> Picture:
    """Paint its first page."""
    return paper.picture()


@needs_poppler
def test_it_says_what_it_is_and_not_whose(paper: Paper) -> None:
    assert paper.fact("Title") == "Report, March 2026"
    assert (paper.fact("Author"), paper.fact("Producer")) == ("", "Hourloom")
    assert paper.fact("Tagged") == "yes"
    assert b"/Lang (en)" in paper.path.read_bytes()
    assert b"/DisplayDocTitle true" in paper.path.read_bytes()


@needs_poppler
@pytest.mark.parametrize(("page", "size"), [("a4", (595, 842)), ("letter", (612, 792))])
def test_it_comes_on_either_size(page: Page, size: tuple[float, float], tmp_path: Path) -> None:
    letter = Paper(a_document(facts(), bars(), page=page), tmp_path)
    picture = letter.picture()
    found = (picture.width, picture.height)
    assert all(abs(here - there) <= 1 for here, there in zip(found, size, strict=True))
    assert all(word.left >= MARGIN - 1 and word.right <= size[0] - MARGIN + 1 for word in letter.words())


@needs_poppler
def test_its_text_can_be_copied(paper: Paper) -> None:
    text = paper.text()
    for words in ("26 h 00 min", "Work > Code", "15 h 00 min", "57.7%", "Hours of the week", "main.py 119"):
        assert words in text


@needs_poppler
def test_its_fonts_come_along(paper: Paper) -> None:
    fonts = paper.fonts()
    assert fonts
    for font in fonts:
        assert "DejaVuSans" in font[0]
        embedded, subset, unicode = font[-5:-2]
        assert (embedded, subset, unicode) == ("yes", "yes", "yes")


@needs_poppler
def test_programs_that_read_aloud_find_their_way(paper: Paper) -> None:
    structure = paper.structure()
    roles = [line.split()[0] for line in structure.splitlines() if line.strip()]
    assert roles[:2] == ["Document", "H1"]
    assert [roles.count(role) for role in ("Figure", "Table")] == [3, 1]
    assert 120 < roles.count("TR") <= 120 + paper.pages


@needs_poppler
def test_no_word_stands_in_the_margins(paper: Paper) -> None:
    for word in paper.words():
        assert MARGIN - 1 <= word.left <= word.right <= 595.28 - MARGIN + 1, word
        assert MARGIN - 10 <= word.top <= word.bottom <= 841.89 - MARGIN + 10, word


@needs_poppler
def test_long_tables_repeat_their_heads_and_number_their_pages(paper: Paper) -> None:
    assert paper.pages > 2
    for number in range(2, paper.pages + 1):
        text = paper.text(number)
        assert text.split()[:2] == ["Title", "Time"] or number == 2
        assert f"Page {number} of {paper.pages}" in text


@needs_poppler
def test_bars_are_as_long_as_the_numbers_say(front: Picture, paper: Paper) -> None:
    (name,) = (word for word in paper.words() if word.page == 1 and word.text == "Film" and word.top > 350)
    lengths = {}
    for color in (CODE, MAIL, FILM):
        runs = [columns for y, columns in front.rows_of(color).items() if 300 < y < name.bottom + 4]
        lengths[color] = max(len(columns) for columns in runs if columns[0] > 200)
    assert lengths[MAIL] / lengths[CODE] == pytest.approx(5 / 15, abs=0.03)
    assert lengths[FILM] / lengths[CODE] == pytest.approx(6 / 15, abs=0.03)


@needs_poppler
def test_stacks_are_as_high_as_the_numbers_say(front: Picture, paper: Paper) -> None:
    days = [word for word in paper.words() if word.page == 1 and word.text in DAYS and word.top < 350]
    axis = max(word.top for word in days)
    places = sorted((word for word in days if word.top > axis - 1), key=lambda word: word.left)
    assert [word.text for word in places] == DAYS
    for color, hours in ((CODE, CODE_HOURS), (MAIL, MAIL_HOURS), (FILM, FILM_HOURS)):
        rows = {y: set(columns) for y, columns in front.rows_of(color).items() if y < axis}
        heights = [
            sum(1 for columns in rows.values() if round((word.left + word.right) / 2) in columns)
            for word in places
        ]
        highest = max(heights)
        assert highest > 10
        assert [round(height / highest * max(hours), 1) for height in heights] == pytest.approx(
            hours, abs=0.25
        )


@needs_poppler
def test_the_full_hour_is_dark_and_the_others_are_not(front: Picture, paper: Paper) -> None:
    (monday,) = (word for word in paper.words() if word.text == "Mon")
    (ten,) = (
        word for word in paper.words() if word.page == 1 and word.text == "09" and word.top > monday.top
    )
    dark = front.rows_of(CODE)
    row = [columns for y, columns in dark.items() if monday.top < y < monday.bottom]
    assert row
    hour = (595.28 - 2 * MARGIN - 40) / 24
    for columns in row:
        assert columns[0] == pytest.approx(ten.left + hour, abs=3)
        assert len(columns) == pytest.approx(hour, abs=3)


@needs_poppler
def test_what_the_fonts_lack_is_a_box(tmp_path: Path) -> None:
    titles = [
        "Αθήνα",
        "Привет",
        "žluťoučký",
        "שלום",
        "日本語",
        "🚀👩‍👩‍👧",
        "\x00\x1b[31m\u202e",
        "\ud83d",
        "é",
    ]
    rows = [[title, "1"] for title in titles]
    text = Paper(a_document(Listing("Titles", ["Title", "n"], rows, [False, True])), tmp_path).text()
    for title in ("Αθήνα", "Привет", "žluťoučký", BOX * 4, BOX * 3, "[31m", "é"):
        assert title in text


@needs_poppler
def test_an_empty_period_says_so(tmp_path: Path) -> None:
    empty = Paper(a_document(facts(), Text("Nothing was recorded in this period.")), tmp_path)
    assert "Nothing was recorded in this period." in empty.text()
    assert empty.pages == 1


@settings(max_examples=25)
@given(st.lists(st.tuples(TITLES, st.text(max_size=60)), max_size=6), TITLES)
def test_no_title_breaks_a_page(rows: list[tuple[str, str]], title: str) -> None:
    table = Listing(title, [title, "B"], [list(row) for row in rows], [False, False])
    assert drawn(a_document(table, title=title)).startswith(b"%PDF-1.7")


@settings(max_examples=60)
@given(st.text(max_size=80), st.floats(20, 300), st.integers(1, 3))
def test_texts_fit_where_they_are_put(text: str, width: float, most: int) -> None:
    assert width_of(cut(text, width, BOLD, 9), BOLD, 9) <= width
    lines = lines_of(text, width, REGULAR, 9, most)
    assert len(lines) <= most
    assert all(width_of(line, REGULAR, 9) <= width for line in lines)
    if "…" not in lines[-1]:
        assert "".join(lines).replace(" ", "") == drawable(text).replace(" ", "")


def test_a_worker_draws_the_same() -> None:
    document = a_document(facts(), stacks(), bars(), heat(), listing(300, "word " * 400))
    apart = b"".join(document_apart(document))
    assert apart.startswith(b"%PDF-1.7")
    assert abs(len(apart) - len(drawn(document))) < 100
