"""Which program a window belongs to, whatever its window system calls it, and whether it is a private one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

BROWSERS = frozenset(
    {"firefox", "chrome", "chromium", "edge", "brave", "safari", "opera", "vivaldi", "librewolf", "tor"}
)

_PRIVATE_TITLES = ("private browsing", "(incognito)", "(private)", "inprivate", "private window")
"""What English browsers add to the title of a private window, in the last part of it."""

LONGEST_NAME = 200
_ENDINGS = (".desktop", ".exe", ".app", ".bin")


def app_identity(name: str) -> str:
    """Return one word for a program that has many names.

    firefox-esr, Navigator.firefox, org.mozilla.firefox, Firefox.exe    become  firefox
    Code, code-oss.desktop, com.visualstudio.code                        become  vscode
    My Program                                                           becomes my-program
    """
    return _identity(name[:LONGEST_NAME])


def is_private(data: Mapping[str, object]) -> bool:
    """Return whether an event comes from a private window: the watcher says so, or a browser's title does."""
    if data.get("incognito") is True or data.get("private") is True:
        return True
    title, app = data.get("title"), data.get("app")
    if not isinstance(title, str) or not isinstance(app, str):
        return False
    end = title[-60:].casefold()
    return any(words in end for words in _PRIVATE_TITLES) and app_identity(app) in BROWSERS


@lru_cache(maxsize=1_024)
def _identity(name: str) -> str:
    text = "-".join(name.casefold().replace("\\", "/").rpartition("/")[2].split())
    found = _known(text)
    if found is None:
        for ending in _ENDINGS:
            text = text.removesuffix(ending) or text
        found = _known(text)
    if found is None and "." in text:
        # X11 writes the instance before the class: Navigator.firefox, google-chrome.Google-chrome.
        found = _known(text.rpartition(".")[2]) if text.count(".") == 1 else None
    return found or text


def _known(text: str) -> str | None:
    return _identities().get(text)


@lru_cache(maxsize=1)
def _identities() -> dict[str, str]:
    """Return the identity for each name that is known; a name that is none of these is its own."""
    # Read when the first name comes, for a server that records nothing.
    from hourloom.core.app_names import NAMES  # noqa: PLC0415

    lines = NAMES.replace("\n ", " ").splitlines()
    return {name: words[0] for line in lines for words in [line.split()] for name in words}


def forget_names() -> None:
    """Drop the names that were looked up: some were erased."""
    _identity.cache_clear()
