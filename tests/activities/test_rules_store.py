"""Rulebooks on both databases: what is saved is what is read, and an undo puts back just what was."""

from __future__ import annotations

from hourloom.testing import ServerInMemory
from tests.activities.test_rules_api import PYTHON, add_category, add_rule, everything, undo


def test_a_subtree_with_rules_and_corrections_goes_and_comes_back(server: ServerInMemory) -> None:
    client = server.client_with("activities:write", "settings:write", "operations:read")
    work = add_category(client, "Handiwork", color="#0a0b0c", icon="hammer", score=-2, focus=True)[
        "category"
    ]["id"]
    code = add_category(client, "Weaving", parent_id=work, interrupts=False)["category"]["id"]
    add_rule(client, code, PYTHON, name="Snakes", priority=3, match="any", enabled=False)
    said = {"domain": "https://weaving.example/x", "outcome": {"category_id": code}}
    assert client.post("/api/v1/corrections", said).status == 201
    before = everything(client)
    assert before["corrections"][0]["about"] == "weaving.example"
    assert before["rules"][0]["rule"]["enabled"] is False
    removed = client.delete(f"/api/v1/categories/{work}?uncategorise=true").json()
    assert everything(client)["rules"] == everything(client)["corrections"] == []
    assert undo(client, removed) == 200
    assert everything(client) == before
