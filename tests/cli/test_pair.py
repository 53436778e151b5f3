"""`hourloom pair`: the code that a person carries over to an extension."""

import re

from tests.cli.program import Program, ask


def test_the_code_pairs_once_under_the_name_that_was_given(served: Program) -> None:
    done = served("pair", "--name", "Firefox at work")
    assert re.fullmatch(r"[A-HJ-NP-Z2-9]{8}\n", done.stdout)
    assert f"http://127.0.0.1:{served.port}" in done.stderr
    body = {"code": done.stdout.strip(), "bucket": "hourloom-web-firefox_desk"}
    assert ask(served.port, "POST", "/api/v1/pairing", body)["scopes"] == [
        "heartbeats:write:hourloom-web-firefox_desk"
    ]
    (token,) = [each for each in served.json("token", "list") if each["name"] == "Firefox at work"]
    assert token["scopes"] == ["heartbeats:write:hourloom-web-firefox_desk"]


def test_a_second_code_is_refused_while_one_waits(served: Program) -> None:
    code = served("pair").stdout.strip()
    assert "finish it or wait" in served.refused("pair")
    ask(served.port, "POST", "/api/v1/pairing", {"code": code, "bucket": "web"})
    code = served("pair").stdout.strip()
    ask(served.port, "POST", "/api/v1/pairing", {"code": code, "bucket": "web"})


def test_without_a_server_there_is_nobody_to_pair_with(hourloom: Program) -> None:
    assert "No Hourloom server runs" in hourloom.refused("pair")


def test_a_name_has_bounds(hourloom: Program) -> None:
    assert "1 to 120" in hourloom("pair", "--name", "x" * 121, code=2).stderr
