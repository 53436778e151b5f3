"""What we use is looked up for holes and listed, and both say what they could not do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tools import audit, sbom

ROOT = Path(__file__).resolve().parent.parent

SAY_NOTHING = {"sqlcipher3"}
"""Packages that bring the text of their licence, but do not name it."""

CLEAN = {"name": "anyio", "version": "4.16.0", "vulns": []}
HOLE = {"id": "PYSEC-2031-1", "fix_versions": ["4.17.0"], "description": "It is bad."}
BAD = {"name": "idna", "version": "3.6", "vulns": [HOLE]}
SKIPPED = {"name": "msgspec", "skip_reason": "Dependency not found"}


def answer(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def found(lock: str, *packages: dict[str, Any]) -> list[audit.Finding]:
    return list(audit.findings_of(lock, answer(*packages), ""))


def test_clean_packages_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.report(found("run.txt", CLEAN, CLEAN)) == 0
    assert capsys.readouterr().out == "0 to be looked at, 0 told only.\n"


def test_a_hole_fails_and_is_named_with_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.report(found("run.txt", CLEAN, BAD)) == 1
    assert "run.txt: idna 3.6: PYSEC-2031-1, fixed in 4.17.0" in capsys.readouterr().err


def test_a_package_that_could_not_be_looked_up_fails_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.report(found("run.txt", CLEAN, SKIPPED)) == 1
    assert "run.txt: 1 packages: could not be looked up: msgspec" in capsys.readouterr().err


@pytest.mark.parametrize("said", ["", "not JSON", "[]", "{}", '{"dependencies": null}'])
def test_being_offline_is_a_failure_that_says_so(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    findings = list(audit.findings_of("run.txt", said, "Traceback\nConnectionError: no route"))
    assert audit.report(findings) == 1
    assert "are we offline? (ConnectionError: no route)" in capsys.readouterr().err


def test_programs_of_others_are_told_of_and_fail_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.report(found("peers.txt", BAD, SKIPPED)) == 0
    assert "peers.txt: idna 3.6: PYSEC-2031-1" in capsys.readouterr().err
    assert audit.report(list(audit.findings_of("peers.txt", "", ""))) == 1


def test_an_accepted_advisory_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ACCEPTED", {"PYSEC-2031-1": "we never call it"})
    (finding,) = found("run.txt", BAD)
    assert finding.accepted
    assert "we never call it" in str(finding)


class Npm:
    """An npm that answers what a test says."""

    def __init__(self, said: str) -> None:
        self.said = said
        self.commands: list[Sequence[str | Path]] = []

    def __call__(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        return subprocess.CompletedProcess([], 1, self.said, "ENOTFOUND")


@pytest.fixture
def ui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "npm").write_text("#!/bin/sh\n")
    (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "package.json").write_text("{}")
    return tmp_path


def test_the_web_interface_is_audited_where_there_is_one(ui: Path, tmp_path: Path) -> None:
    npm = Npm('{"vulnerabilities": {"vite": {"severity": "high", "range": "<8.1"}}}')
    (finding,) = audit.of_ui(ui, npm)
    assert str(finding) == "ui: vite: high severity, versions <8.1"
    assert list(audit.of_ui(tmp_path / "none", npm)) == []
    assert len(npm.commands) == 1


def test_an_npm_that_reaches_nobody_is_a_failure(ui: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (offline,) = audit.of_ui(ui, Npm('{"error": "ENOTFOUND"}'))
    assert "are we offline? (ENOTFOUND)" in str(offline)
    monkeypatch.setenv("PATH", "")
    (missing,) = audit.of_ui(ui, Npm("{}"))
    assert "npm is not installed" in str(missing)


def test_every_lock_is_audited_and_a_program_that_cannot_run_is_a_failure() -> None:
    findings = list(audit.of_python(Path("/no/such/python"), audit.started))
    assert {finding.lock for finding in findings} == {path.name for path in ROOT.glob("requirements/*.txt")}
    assert audit.report(findings) == 1


def test_the_program_that_audits_is_no_part_of_the_product() -> None:
    for lock in ("run.txt", "dev.txt"):
        assert "pip-audit" not in (ROOT / "requirements" / lock).read_text("utf-8")
    assert "pip-audit==" in (ROOT / "requirements" / "audit.txt").read_text("utf-8")


@pytest.fixture(scope="module")
def listed() -> dict[str, Any]:
    listed: dict[str, Any] = sbom.document(sbom.locked(sbom.LOCK.read_text("utf-8")), "1.2.3")
    return listed


def test_every_package_of_the_lock_is_listed_with_its_hashes(listed: dict[str, Any]) -> None:
    lock = sbom.LOCK.read_text("utf-8")
    names = re.findall(r"^([a-z0-9._-]+)==([^ ]+)", lock, re.MULTILINE)
    shown = {part["purl"]: part for part in listed["components"]}
    assert set(shown) == {f"pkg:pypi/{name}@{version}" for name, version in names}
    hashes = [
        one["value"] for part in shown.values() for one in part["properties"] if "sha256" in one["name"]
    ]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", lock))


def test_the_list_is_cyclonedx(listed: dict[str, Any]) -> None:
    assert (listed["bomFormat"], listed["specVersion"], listed["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", listed["serialNumber"])
    about = listed["metadata"]["component"]
    assert (about["name"], about["version"], about["purl"]) == (
        "hourloom",
        "1.2.3",
        "pkg:pypi/hourloom@1.2.3",
    )
    references = [part["bom-ref"] for part in (about, *listed["components"])]
    assert len(references) == len(set(references))
    assert [one["ref"] for one in listed["dependencies"]] == references
    assert {ref for one in listed["dependencies"] for ref in one["dependsOn"]} <= set(references)


def test_licences_and_dependencies_are_what_the_packages_say(listed: dict[str, Any]) -> None:
    parts = {part["name"]: part for part in listed["components"]}
    unlicensed = {name for name, part in parts.items() if "licenses" not in part and is_installed(name)}
    assert unlicensed <= SAY_NOTHING
    needed = {one["ref"].split("/")[1].split("@")[0]: one["dependsOn"] for one in listed["dependencies"]}
    assert parts["msgspec"]["purl"] in needed["hourloom"]
    assert parts["sqlalchemy"]["purl"] in needed["alembic"]


def is_installed(name: str) -> bool:
    try:
        metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def test_the_same_locks_give_the_same_bytes_and_no_address(tmp_path: Path) -> None:
    texts = []
    for number, seed in enumerate(("1", "2")):
        target = tmp_path / f"{number}.json"
        subprocess.run(
            [sys.executable, ROOT / "tools" / "sbom.py", target],
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        texts.append(target.read_text("utf-8"))
    assert texts[0] == texts[1]
    assert "://" not in texts[0]
    assert str(ROOT) not in texts[0]


def test_the_web_interface_is_listed_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = {
        "packages": {
            "": {"name": "ui"},
            "node_modules/@scope/a": {"version": "1.0.0"},
            "node_modules/b": {"version": "2.0.0", "dev": True},
        }
    }
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    monkeypatch.setattr(sbom, "UI_LOCK", tmp_path / "package-lock.json")
    (component,) = sbom.ui_components()
    assert component["purl"] == "pkg:npm/%40scope/a@1.0.0"


def test_the_policy_says_how_to_report_and_what_is_not_protected() -> None:
    page = (ROOT / "SECURITY.md").read_text("utf-8")
    assert "private security reports" in page
    for linked in ("docs/security.md", "docs/encryption.md", "docs/workers.md"):
        assert linked in page
