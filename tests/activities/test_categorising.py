"""Categorisers are asked about what nobody decides, once for each version; their answers are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pytest

from hourloom.activities import store
from hourloom.activities.model.category import Category
from hourloom.activities.model.subject import Description, Subject
from hourloom.activities.model.verdict import Verdict
from hourloom.activities.ports import Answer, Choice
from hourloom.activities.service.categories import Categories
from hourloom.activities.service.categorising import KIND, Categorising
from hourloom.activities.service.default_tree import ensure_default_tree
from hourloom.activities.shipped import TREE_VERSION, default_tree
from hourloom.core.clock import MINUTE
from hourloom.jobs.service import Jobs
from hourloom.testing import ServerInMemory
from hourloom.testing.categorisers import CategoriserContract
from tests.tracking.recorded import WEB, WINDOW, add, make_buckets, until_jobs_end

BEES = {"app": "firefox", "url": "https://honey.example/hive", "title": "The hive"}
DANCE = {"url": "https://honey.example/dance", "title": "The waggle"}
SECRET: dict[str, object] = {"url": "https://honey.example/secret", "title": "The queen", "incognito": True}
KNOWN = {"app": "Code", "title": "x.py"}
SHELL = {"app": "kitty", "title": "hive"}


class Hearsay:
    """A categoriser that puts words into categories by their names."""

    name = "hearsay"

    def __init__(self, words: Mapping[str, str], version: str = "1") -> None:
        self.words, self.version = words, version
        self.asked: list[str] = []
        self.fails = False

    def answer(
        self, descriptions: Sequence[Description], choices: Sequence[Choice]
    ) -> Sequence[Answer | None]:
        self.asked += [description.title for description in descriptions]
        if self.fails:
            raise ValueError
        numbers = {choice.path[-1]: choice.category_id for choice in choices}
        found = [
            next((numbers.get(self.words[word]) for word in self.words if word in each.title), None)
            for each in descriptions
        ]
        return [None if number is None else Answer(number, 0.75) for number in found]


class TestHearsay(CategoriserContract):
    def make(self) -> Hearsay:
        return Hearsay({"Pull": "Programming"})


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def bees(server: ServerInMemory) -> int:
    """Have a category of one's own, and a record."""
    make_buckets(server)
    add(server, WINDOW, (0, MINUTE, KNOWN), (MINUTE, 2 * MINUTE, SHELL))
    for data in (BEES, DANCE, SECRET):
        add(server, WEB, (0, MINUTE, data))
    categories = server.service(Categories)
    return server.write(lambda: categories.add(server.owner, Category(0, "Beekeeping")))[1]


def register(server: ServerInMemory, *categorisers: Hearsay) -> Categorising:
    categorising = server.service(Categorising)
    for each in categorisers:
        categorising.register(each)
    return categorising


def verdict_of(server: ServerInMemory, title: str) -> Verdict:
    with server.database.read() as tx:
        (number,) = [
            number
            for number, is_detail in store.payloads_after(tx, server.owner.workspace_id, 0, 100)
            for _, _, _, _, body in store.payload_texts(tx, [number])
            if title in str(body)
        ]
        is_detail = dict(store.payloads_after(tx, server.owner.workspace_id, 0, 100))[number]
        subject = Subject(0, number, 1) if is_detail else Subject(number, 0, 1)
        classifier = server.service(Categories).classifier(tx, server.owner.workspace_id)
        found = classifier.plain([subject], tx)[subject]
    assert found is not None
    return found


@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_what_nobody_decides_is_asked_once_and_kept_with_source_and_version(
    server: ServerInMemory, bees: int
) -> None:
    assert verdict_of(server, "The hive").source == "none"
    hearsay = Hearsay({"hive": "Beekeeping"})
    categorising = register(server, hearsay)
    assert categorising.ask() == 2
    assert sorted(hearsay.asked) == ["The hive", "The waggle", "hive"], "nothing sure, nothing private"
    found = verdict_of(server, "The hive")
    assert (found.category_id, found.source, found.confidence) == (bees, "model", 0.75)
    assert found.version == "hearsay 1"
    assert verdict_of(server, '"hive"').category_id == bees, "a bare terminal is only a guess"
    assert verdict_of(server, "The waggle").source == "none"
    assert verdict_of(server, "x.py").source == "table"
    assert categorising.ask() == 0
    assert len(hearsay.asked) == 3
    add(server, WEB, (0, MINUTE, {"url": "https://honey.example/new", "title": "A new hive"}))
    assert categorising.ask() == 1
    assert hearsay.asked[3:] == ["A new hive"]


@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_answers_follow_to_the_category_that_takes_the_place_of_one(
    server: ServerInMemory, bees: int
) -> None:
    register(server, Hearsay({"hive": "Beekeeping"})).ask()
    client = server.client_with("activities:write")
    refused = client.delete(f"/api/v1/categories/{bees}")
    assert (refused.status, refused.json()["fields"]["known"]) == (409, 2)
    other = client.post("/api/v1/categories", {"name": "Insects"}).json()["category"]["id"]

    def undone(made: int) -> int | None:
        assert client.post(f"/api/v1/operations/{made}/undo", {}).status == 200
        return verdict_of(server, "The hive").category_id

    made = client.delete(f"/api/v1/categories/{bees}?reassign_to={other}").json()["operation_id"]
    assert (verdict_of(server, "The hive").category_id, verdict_of(server, "The hive").source) == (
        other,
        "model",
    )
    assert undone(made) == bees
    made = client.delete(f"/api/v1/categories/{bees}?uncategorise=true").json()["operation_id"]
    assert verdict_of(server, "The hive").category_id is None
    assert undone(made) == bees


def test_a_new_version_is_asked_again_and_what_a_person_says_stays(server: ServerInMemory, bees: int) -> None:
    hearsay = Hearsay({"hive": "Beekeeping"})
    categorising = register(server, hearsay)
    categorising.ask()
    client = server.client_with("activities:write")
    rule = {
        "conditions": [{"field": "title", "form": "contains", "text": "waggle"}],
        "outcome": {"category_id": bees},
    }
    made = client.post("/api/v1/rules", rule)
    assert made.status == 201, made.body
    hearsay.version, hearsay.words, hearsay.asked = "2", {"hive": "Music", "waggle": "Music"}, []
    assert categorising.ask() == 2
    assert sorted(hearsay.asked) == ["The hive", "hive"]
    assert verdict_of(server, "The hive").version == "hearsay 2"
    assert (verdict_of(server, "The waggle").category_id, verdict_of(server, "The waggle").source) == (
        bees,
        "rule",
    )


def test_the_next_one_is_asked_where_one_knows_nothing_and_again_where_one_failed(
    server: ServerInMemory, bees: int
) -> None:
    first, second = Hearsay({"hive": "Beekeeping"}), Hearsay({"waggle": "Beekeeping"})
    second.name = "second"
    categorising = register(server, first, second)
    second.fails = True
    assert categorising.ask() == 2
    second.fails, second.asked = False, []
    server.service(Categorising)._seen = None
    assert categorising.ask() == 1
    assert second.asked == ["The waggle"]
    assert verdict_of(server, "The waggle").category_id == bees


def test_it_is_done_as_a_job(server: ServerInMemory, bees: int) -> None:
    categorising = register(server, Hearsay({"hive": "Beekeeping"}))
    jobs = server.service(Jobs)
    server.write(lambda: jobs.enqueue(server.owner.workspace_id, KIND))
    until_jobs_end(server)
    assert verdict_of(server, "The hive").category_id == bees
    assert categorising.ask() == 0


def test_answers_about_what_is_gone_are_dropped(server: ServerInMemory, bees: int) -> None:
    assert bees
    categorising = register(server, Hearsay({"hive": "Beekeeping"}))
    categorising.ask()
    home = server.owner.workspace_id

    def lose() -> int:
        with server.database.begin() as tx:
            tx.execute("DELETE FROM events")
            return tx.execute("DELETE FROM payloads")

    server.write(lose)
    categorising.ask()
    with server.database.read() as tx:
        assert not store.has_answers(tx, home)


def test_the_default_tree_is_laid_out_once_and_not_again_after_deletion(server: ServerInMemory) -> None:
    home = server.owner.workspace_id

    def tree() -> dict[str | None, Category]:
        with server.database.read() as tx:
            return {category.shipped: category for category in store.categories(tx, home)}

    assert set(tree()) == {category.key for category in default_tree()}
    client = server.client_with("activities:write")
    client.delete(f"/api/v1/categories/{tree()['media.games'].id}?uncategorise=true")
    client.patch(f"/api/v1/categories/{tree()['media.video'].id}", {"name": "Films"})
    before = tree()
    assert "media.games" not in before
    server.write(partial(ensure_default_tree, server.database, home))
    assert tree() == before
    assert before["media.video"].name == "Films"

    def an_older_one() -> None:
        with server.database.begin() as tx:
            store.drop_category(tx, home, before["web"].id)
            store.set_tree_version(tx, home, TREE_VERSION - 1)

    server.write(an_older_one)
    server.write(partial(ensure_default_tree, server.database, home))
    with server.database.read() as tx:
        assert store.tree_version(tx, home) == TREE_VERSION


def test_corrections_of_two_teach_a_third_and_are_forgotten_with_them(
    server: ServerInMemory, bees: int
) -> None:
    client = server.client_with("activities:write")
    with server.database.read() as tx:
        home = server.owner.workspace_id
        texts = store.payload_texts(tx, [number for number, _ in store.payloads_after(tx, home, 0, 100)])
    pages = [number for number, *_, body in texts if "honey" in str(body)]
    assert verdict_of(server, "The queen").source == "none"
    made = [
        client.post("/api/v1/corrections", {"payload_id": number, "outcome": {"category_id": bees}})
        for number in pages[:2]
    ]
    assert [answer.status for answer in made] == [201, 201]
    found = verdict_of(server, "The queen")
    assert (found.category_id, found.source, found.confidence) == (bees, "learned", 1.0)
    assert client.delete(f"/api/v1/corrections/{made[0].json()['id']}").status == 200
    assert verdict_of(server, "The queen").source == "none"
