"""Files sealed by an earlier version open for ever, and another program can open them by the description."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from hourloom.sealing.header import derived
from hourloom.sealing.stream import open_by, sealed_header, unseal
from tests.sealing import another_reader
from tests.sealing.sealed import PASSPHRASE, a_keyring, sealed

HERE = Path(__file__).parent / "vectors"
VECTORS = json.loads((HERE / "vectors.json").read_text())
PAGE = Path(__file__).parents[2] / "docs" / "sealed-files.md"


@pytest.mark.parametrize("vector", VECTORS["files"], ids=lambda vector: vector["file"])
def test_a_file_of_the_first_version_opens(vector: dict[str, str]) -> None:
    whole = (HERE / vector["file"]).read_bytes()
    source = io.BytesIO(whole)
    header = sealed_header(source)

    key = open_by(header, recovery_code=VECTORS["recovery_code"])
    assert key.hex() == VECTORS["data_key"]
    assert open_by(header, passphrase=VECTORS["passphrase"]) == key
    with unseal(source, header, key) as content:
        assert content.read().hex() == vector["content"]
    keys = derived(key, header.salt, header.kind)
    found = {
        "kind": header.kind,
        "salt": header.salt.hex(),
        "content_key": keys.content.hex(),
        "check": keys.check.hex(),
        "header_digest": header.digest.hex(),
    }
    assert found == {name: vector[name] for name in found}


@pytest.mark.parametrize("vector", VECTORS["files"], ids=lambda vector: vector["file"])
def test_another_program_opens_it_by_the_description(vector: dict[str, str]) -> None:
    whole = (HERE / vector["file"]).read_bytes()

    for words in ({"passphrase": VECTORS["passphrase"]}, {"recovery_code": VECTORS["recovery_code"]}):
        assert another_reader.read(whole, **words).hex() == vector["content"]


def test_what_is_sealed_now_is_as_described() -> None:
    content = bytes(range(256)) * 700

    assert another_reader.read(sealed(content, chunk=64 * 1024), passphrase=PASSPHRASE) == content
    assert another_reader.read(sealed(b""), recovery_code=a_keyring().code) == b""


def test_the_page_tells_the_values_of_a_vector() -> None:
    page = PAGE.read_text("utf-8")
    small = VECTORS["files"][1]

    for value in (VECTORS["data_key"], VECTORS["recovery_code"], VECTORS["passphrase"]):
        assert value in page
    for name in ("salt", "content_key", "check", "header_digest"):
        assert small[name] in page, name
