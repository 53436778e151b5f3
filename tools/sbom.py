"""Write the list of what Hourloom consists of, as CycloneDX JSON: `python tools/sbom.py [FILE]`.

It is made from the locks and from what the installed packages say of themselves. The same locks give the
same bytes: it bears no time, its serial number follows from its content, and it names no registry.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "run.txt"
UI_LOCK = ROOT / "ui" / "package-lock.json"

_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+))?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_EXPRESSION = re.compile(r"[A-Za-z0-9.+ ()-]+")

Json = dict[str, Any]


class Locked(NamedTuple):
    """A package as a lock holds it."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Return the name that all such lists share."""
        return f"pkg:pypi/{self.name}@{self.version}"


def main() -> None:
    """Write the list."""
    version = str(own_version())
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / f"hourloom-{version}.cdx.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text(document(locked(LOCK.read_text("utf-8")), version)), "utf-8")
    print(target)


def text(document: Json) -> str:
    """Return a document as it is written, the same for the same content."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def document(packages: list[Locked], version: str) -> Json:
    """Return the whole list."""
    own = f"pkg:pypi/hourloom@{version}"
    components = [*map(component, packages), *ui_components()]
    content: Json = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "hourloom",
                "version": version,
                "purl": own,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": components,
        "dependencies": dependencies(own, packages),
    }
    digest = hashlib.sha256(text(content).encode()).digest()
    return content | {"serialNumber": f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=4)}"}


def locked(lock: str) -> list[Locked]:
    """Return the packages of a lock, in its order."""
    whole = lock.replace("\\\n", " ")
    packages = []
    for line in whole.splitlines():
        if found := _REQUIREMENT.match(line):
            marker = (found["marker"] or "").partition("--hash")[0].strip() or None
            hashes = tuple(sorted(_HASH.findall(line)))
            packages.append(Locked(normal(found["name"]), found["version"], marker, hashes))
    return packages


def component(package: Locked) -> Json:
    """Return one package as the list shows it."""
    properties = [{"name": "hourloom:sha256", "value": value} for value in package.hashes]
    if package.marker is not None:
        properties.append({"name": "hourloom:marker", "value": package.marker})
    shown: Json = {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "properties": properties,
    }
    license_ = license_of(package.name)
    return shown | {"licenses": [license_]} if license_ is not None else shown


def license_of(name: str) -> Json | None:
    """Return the licence of an installed package in its own words."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    expression = said(about, "License-Expression")
    if _EXPRESSION.fullmatch(expression):
        return {"expression": expression}
    classified = [
        value.rpartition(" :: ")[2]
        for value in about.get_all("Classifier", [])
        if value.startswith("License :: ") and value.count(" :: ") > 1
    ]
    named = classified[0] if classified else said(about, "License").strip().partition("\n")[0][:100]
    return {"license": {"name": named}} if named else None


def said(about: metadata.PackageMetadata, field: str) -> str:
    """Return what a package says of itself in a field, or nothing."""
    return about[field] if field in about else ""  # noqa: SIM401 - its type has no `get`


def dependencies(own: str, packages: list[Locked]) -> list[Json]:
    """Return which package needs which, as far as the installed ones say."""
    known = {package.name: package.purl for package in packages}
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    wanted = {own: declared} | {known[name]: requires(name) for name in known}
    return [
        {"ref": ref, "dependsOn": sorted({known[name] for name in map(name_of, lines) if name in known})}
        for ref, lines in wanted.items()
    ]


def requires(name: str) -> list[str]:
    """Return what an installed package requires by itself, without its extras."""
    try:
        lines = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    return [line for line in lines if "extra ==" not in line]


def ui_components() -> Iterator[Json]:
    """Yield what the web interface is made of, where there is one."""
    if not UI_LOCK.exists():
        return
    packages: Json = json.loads(UI_LOCK.read_text("utf-8"))["packages"]
    for place, about in sorted(packages.items()):
        if not place or about.get("dev") or about.get("link"):
            continue
        name = place.rpartition("node_modules/")[2]
        purl = f"pkg:npm/{name.replace('@', '%40')}@{about['version']}"
        shown: Json = {"type": "library", "bom-ref": f"{purl}#{place}", "name": name, "purl": purl}
        yield shown | {"version": about["version"]}


def own_version() -> str:
    """Return the version of Hourloom that the source states."""
    source = (ROOT / "src" / "hourloom" / "__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([^"]+)"', source, re.MULTILINE)
    if found is None:
        sys.exit("src/hourloom/__init__.py states no version")
    return found[1]


def name_of(requirement: str) -> str:
    """Return the name at the head of a requirement."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
    return normal(found[0]) if found else ""


def normal(name: str) -> str:
    """Return a name as all registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
