"""What every categoriser has to keep to, whatever it decides by."""

from __future__ import annotations

import msgspec

from hourloom.activities.model.subject import Description
from hourloom.activities.ports import Categoriser, Choice

CHOICES = (
    Choice(1, ("Work",), "work"),
    Choice(2, ("Work", "Programming"), "work.programming"),
    Choice(3, ("Beekeeping",), None),
)
NOBODY_KNOWS = Description("", "", "", "", "", "", "", "", "", "", False, False)
A_PAGE = msgspec.structs.replace(
    NOBODY_KNOWS,
    app="firefox",
    app_name="firefox",
    title="Pull request 12",
    url="https://code.example/parcels/12",
    domain="code.example",
    host="code.example",
    path="/parcels/12",
)


class CategoriserContract:
    """Tests of a categoriser; a test class of its own inherits them and says how to make one."""

    def make(self) -> Categoriser:
        """Return the categoriser under test."""
        raise NotImplementedError

    def test_it_has_a_name_and_a_version_that_stay(self) -> None:
        one, other = self.make(), self.make()
        assert one.name
        assert one.version
        assert (one.name, one.version) == (other.name, other.version)

    def test_it_answers_each_description_in_its_place(self) -> None:
        one = self.make()
        asked = [A_PAGE, NOBODY_KNOWS, A_PAGE]
        found = one.answer(asked, CHOICES)
        assert len(found) == len(asked)
        assert found[0] == found[2]
        assert list(one.answer([], CHOICES)) == []

    def test_it_chooses_only_among_the_choices(self) -> None:
        for choices in (CHOICES, CHOICES[2:], ()):
            known = {choice.category_id for choice in choices}
            for answer in self.make().answer([A_PAGE, NOBODY_KNOWS], choices):
                assert answer is None or (answer.category_id in known and 0 <= answer.confidence <= 1)

    def test_it_takes_any_text(self) -> None:
        odd = msgspec.structs.replace(A_PAGE, title="\x00\u202e" * 1_000, path="/" * 2_000, app="💾")
        assert len(self.make().answer([odd], CHOICES)) == 1
