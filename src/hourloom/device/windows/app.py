"""Names an application the same way whichever mechanism tells of its window."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

LONGEST_APP = 100
LONGEST_TITLE = 1_000

UNKNOWN = "unknown"

DOMAINS = re.compile("ai|app|ca|ch|com?|cz|de|dev|edu|eu|fr|gov|io|it|me|net|nl|org|ru|se|to|tv|uk|us|xyz")
"""What a reversed domain name begins with."""
GENERIC = re.compile("app|application|client|desktop|gtk|gui|linux|main|qt|ui")
"""Last words of an id that name no application: com.spotify.Client."""
INTERPRETERS = re.compile(
    r"(python|pypy|perl|ruby|node|nodejs|java|lua|mono|electron|bash|sh|gjs)[\d.]*", re.ASCII
)

_FLATPAK = re.compile(r"app-flatpak-([\w.\-]+?)-\d+\.scope", re.ASCII)
_SNAP = re.compile(r"snap\.([\w\-]+)\.[\w\-.]+?\.(?:scope|service)", re.ASCII)
_LONGEST_CLUE = 4_096


class Clues(NamedTuple):
    """What is known of a window's application; each mechanism knows a part."""

    desktop: str | None = None
    """The id of its desktop file, or what a Wayland window says instead."""
    wm_class: str | None = None
    """The class of an X11 window, the second word of its WM_CLASS."""
    cgroup: str | None = None
    """The line of /proc/PID/cgroup."""
    executable: str | None = None
    """The path of its program."""
    arguments: tuple[str, ...] = ()
    """The words it was started with, which name the script of an interpreter."""


def app_of(clues: Clues) -> str:
    """Name the application by the best clue there is: desktop file, class, sandbox, program."""
    sources: tuple[Callable[[], str | None], ...] = (
        lambda: named_by_desktop(clues.desktop),
        lambda: named_by_desktop(clues.wm_class),
        lambda: named_by_cgroup(clues.cgroup),
        lambda: named_by_program(clues.executable, clues.arguments),
    )
    return next((name for source in sources if (name := source())), UNKNOWN)


def named_by_desktop(desktop: str | None) -> str | None:
    """Name the application of a desktop file: org.gnome.Nautilus.desktop is Nautilus."""
    identity = plain((desktop or "")[:_LONGEST_CLUE].rsplit("/", 1)[-1].removesuffix(".desktop"))
    if identity is None or identity.startswith("window:"):  # what GNOME says of a window without a file
        return None
    snap, _, command = identity.partition("_")
    if snap == command:
        identity = snap
    words = [word for word in identity.split(".") if word]
    if len(words) < 2 or DOMAINS.fullmatch(words[0].lower()) is None:
        return identity
    return next((word for word in reversed(words[1:]) if not GENERIC.fullmatch(word.lower())), words[-1])


def named_by_cgroup(cgroup: str | None) -> str | None:
    """Name the application of a sandbox by the control group that Flatpak or Snap made for it."""
    text = (cgroup or "")[:_LONGEST_CLUE]
    if found := _FLATPAK.search(text):
        return named_by_desktop(found[1])
    if found := _SNAP.search(text):
        return plain(found[1])
    return None


def named_by_program(executable: str | None, arguments: tuple[str, ...] = ()) -> str | None:
    """Name the application by its program; an interpreter is named by its script."""
    path = (executable or "")[:_LONGEST_CLUE].removesuffix(" (deleted)")
    name = plain(re.split(r"[/\\]", path)[-1])
    if name is None or INTERPRETERS.fullmatch(name) is None:
        return name
    return _script(arguments[1:]) or name


def _script(arguments: tuple[str, ...]) -> str | None:
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if before in {"-m", "-jar"}:
            return plain(argument.rsplit("/", 1)[-1].removesuffix(".jar"))
        if before in {"-c", "-e"}:
            return None
        if argument and not argument.startswith("-"):
            return plain(re.sub(r"\.(py|pl|rb|js|lua|sh)$", "", argument[:_LONGEST_CLUE].rsplit("/", 1)[-1]))
    return None


def plain(text: str | None, longest: int = LONGEST_APP) -> str | None:
    """Return a text fit to be kept: cut, in one line, without what is not seen; None if nothing is left."""
    if not text:
        return None
    cut = text[: 2 * longest]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() or unicodedata.category(c) == "Cf" else " " for c in cut)
    return " ".join(cut.split())[:longest].rstrip() or None


def title_of(text: str | None) -> str:
    """Return a title fit to be kept."""
    return plain(text, LONGEST_TITLE) or ""
