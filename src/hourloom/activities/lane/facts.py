"""What the lane must know of a payload: whose program, whether somebody is there, whether it is a call."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from hourloom.core.apps import BROWSERS, app_identity, is_private
from hourloom.core.urls import host_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CALL_APPS = _words(
    """
    zoom teams webex ciscocollabhost jitsi jitsi-meet skype gotomeeting bluejeans ringcentral whereby
    facetime google-meet element-call chime amazon-chime
    """
)
"""Programs whose window in front means a call."""

CALL_HOSTS = _words(
    """
    meet.google.com zoom.us teams.microsoft.com teams.live.com webex.com meet.jit.si whereby.com
    gotomeeting.com meet.goto.com bluejeans.com 8x8.vc
    """
)
"""Pages, with those below them, whose tab in front means a call."""

_MAY_BE_CALL = re.compile("|".join(map(re.escape, sorted(CALL_HOSTS))), re.IGNORECASE).search

TERMINALS = _words(
    """
    terminal konsole kitty alacritty xterm urxvt rxvt foot wezterm tilix terminator xfce4-terminal
    lxterminal qterminal iterm2 iterm com.googlecode.iterm2 ghostty hyper st kgx gnome-console
    org.gnome.console org.gnome.ptyxis ptyxis org.wezfurlong.wezterm
    """
)
"""Programs in whose windows editors run that have none of their own."""

_IN_TERMINALS = _words(
    """
    vim nvim neovim gvim emacs helix kakoune nano micro
    """
)
_SAME = {
    "chrome": frozenset({"chrome", "chromium", "brave"}),
    "vim": frozenset({"vim", "gvim", "macvim"}),
    "neovim": frozenset({"neovim", "nvim", "neovide"}),
    "jetbrains": _words(
        """
    idea intellij-idea pycharm webstorm goland clion rider phpstorm rubymine datagrip rustrover
    android-studio studio
    """
    ),
}
_ALIASES = {"nvim": "neovim", "vs-code": "vscode", "visual-studio-code": "vscode"}
_WATCHERS = (
    "aw-watcher-web-",
    "hourloom-web-",
    "aw-watcher-",
    "wakatime-",
)


class Facts(NamedTuple):
    """What the lane must know of a payload."""

    app: str = ""
    status: str = ""
    """What an `afkstatus` event says: `not-afk` or `afk`."""
    asleep: bool = False
    """Whether the computer slept; then nobody is away from it either."""
    audible: bool = False
    call: bool = False
    words: int = 0
    """A number for what it says in words; a browser's count of tabs, say, is none of them."""
    frame: int = 0
    """The same without the title, which nobody reads of a window in which something with a title is open."""
    titled: bool = False


class _Said(msgspec.Struct):
    app: object = ""
    package: object = ""
    editor: object = ""
    status: object = ""
    why: object = ""
    audible: object = False
    url: object = ""
    title: object = ""
    file: object = ""
    entity: object = ""
    project: object = ""
    language: object = ""
    incognito: object = False
    private: object = False


_decode = msgspec.json.Decoder(_Said).decode
_encode = msgspec.json.Encoder().encode
NOTHING_KNOWN = Facts()


def facts_of(body: str, key: bytes = b"") -> Facts:
    """Return what the lane must know of a payload given as JSON; its numbers tell nothing without the key."""
    try:
        said = _decode(body)
    except (msgspec.DecodeError, RecursionError):
        number = _number(body.encode(errors="replace"), key)
        return NOTHING_KNOWN._replace(words=number, frame=number)
    name = said.app or said.package or said.editor
    app = app_identity(name) if isinstance(name, str) and name else ""
    is_call = app in CALL_APPS or (isinstance(said.url, str) and bool(said.url) and _is_call(said.url))
    status = said.status if isinstance(said.status, str) else ""
    words = _number(_encode(said), key)
    frame, titled = words, isinstance(said.title, str) and bool(said.title)
    if titled:
        # What a private window is recognised by is in its title.
        said.private = is_private({"app": said.app, "title": said.title}) or said.private
        said.title = ""
        frame = _number(_encode(said), key)
    return Facts(app, status[:20], said.why == "asleep", said.audible is True, is_call, words, frame, titled)


def essence_of(window: Facts, detail: Facts, device: int) -> int:
    """Return a number that subjects have in common which are the same in words.

    Rules and names are looked up once for each of these: a year has few of them, and many subjects.
    """
    outer = window.frame if detail.titled else window.words
    return hash((outer, detail.words, device)) & _SHORT


_SHORT = 2**48 - 1
"""Enough to tell a million apart, and a quarter less to keep."""


def _number(text: bytes, key: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=7, key=key).digest(), "big")


def _is_call(url: str) -> bool:
    if not _MAY_BE_CALL(url, 0, 300):
        return False
    host = host_of(url[:300]).removeprefix("www.")
    return host in CALL_HOSTS or any(host.endswith("." + name) for name in CALL_HOSTS)


@lru_cache(maxsize=256)
def program_of(bucket: str, client: str) -> str:
    """Return which program's inside a bucket tells of, as far as its name or client does.

    aw-watcher-web-firefox_laptop    firefox
    hourloom-web-chrome-work_laptop  chrome
    aw-watcher-vscode_laptop         vscode
    """
    for name in (bucket, client):
        for beginning in _WATCHERS:
            if name.startswith(beginning):
                words = name.removeprefix(beginning).partition("_")[0]
                found = _known(words)
                if found:
                    return found
    return ""


def _known(words: str) -> str:
    """Return the program that the first of some words, joined by dashes, name."""
    parts = words.casefold().split("-")
    for count in range(len(parts), 0, -1):
        name = app_identity("-".join(parts[:count]))
        name = _ALIASES.get(name, name)
        if name in BROWSERS or name in _SAME or name in _IN_TERMINALS or name in _OTHERS:
            return name
    return ""


_OTHERS = _words(
    """
    vscode vscodium emacs sublime sublime-text atom zed kate eclipse netbeans xcode notepad++ arc
    floorp waterfox zen yandex
    """
)


@lru_cache(maxsize=2_048)
def shows(window: str, program: str) -> bool:
    """Return whether a window, by its program, can show the inside of a program."""
    if not window:
        return False
    if not program:
        return window in BROWSERS
    if window == program or window in _SAME.get(program, ()):
        return True
    if program == "jetbrains":
        return window.startswith("jetbrains-")
    return program in _IN_TERMINALS and window in TERMINALS
