"""Check that every link from one page of the project to another leads somewhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def pages() -> list[Path]:
    """List the pages of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changes.d/*.md")])


def anchors(page: Path) -> set[str]:
    """List the names under which the headings of a page can be reached."""
    headings = HEADING.findall(page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    """List the links of a page that lead nowhere."""
    links = LINK.findall(CODE.sub("", page.read_text("utf-8")))
    return [link for link in links if "://" not in link and not leads_somewhere(page, link)]


def leads_somewhere(page: Path, link: str) -> bool:
    """Tell whether the file and the heading that a link names exist."""
    path, _, anchor = link.partition("#")
    # A fragment becomes a part of CHANGELOG.md.
    folder = ROOT if page.match("changes.d/*.*.md") else page.parent
    target = (folder / unquote(path)).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in anchors(target)


def main() -> None:
    """Name each broken link and fail if there is one."""
    faults = [f"{page.relative_to(ROOT)}: {link}" for page in pages() for link in broken(page)]
    if faults:
        sys.exit("Links that lead nowhere:\n" + "\n".join(faults))


if __name__ == "__main__":
    main()
