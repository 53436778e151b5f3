"""Which program a window belongs to, whatever its window system calls it, and whether it is a private one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

_NAMES: dict[str, str] = {
    "firefox": "firefox-esr firefox-bin firefox-developer-edition firefoxdeveloperedition firefox-nightly "
    "nightly navigator org.mozilla.firefox mozilla.firefox mozilla-firefox firefox_firefox",
    "chrome": "google-chrome google-chrome-stable google-chrome-beta google-chrome-unstable "
    "com.google.chrome chrome-browser",
    "chromium": "chromium-browser chromium-bin org.chromium.chromium chromium_chromium",
    "edge": "msedge microsoft-edge microsoft-edge-stable microsoft-edge-beta com.microsoft.edge "
    "com.microsoft.edgemac",
    "brave": "brave-browser brave-browser-stable com.brave.browser",
    "safari": "com.apple.safari",
    "opera": "opera-stable com.opera.opera com.operasoftware.opera",
    "vivaldi": "vivaldi-stable vivaldi-bin com.vivaldi.vivaldi",
    "librewolf": "io.gitlab.librewolf-community librewolf-default",
    "tor": "torbrowser tor-browser org.torproject.torbrowser-launcher",
    "thunderbird": "thunderbird-esr thunderbird-default mail org.mozilla.thunderbird",
    "vscode": "code code-oss code-url-handler com.visualstudio.code com.microsoft.vscode visual-studio-code",
    "vscodium": "codium com.vscodium.codium",
    "terminal": "gnome-terminal gnome-terminal-server org.gnome.terminal com.apple.terminal windowsterminal",
    "konsole": "org.kde.konsole",
    "kitty": "net.kovidgoyal.kitty",
    "alacritty": "org.alacritty",
    "files": "nautilus org.gnome.nautilus com.apple.finder finder",
    "dolphin": "org.kde.dolphin",
    "explorer": "windows-explorer",
    "slack": "com.slack.slack com.tinyspeck.slackmacgap",
    "telegram": "telegram-desktop telegramdesktop org.telegram.desktop",
    "signal": "signal-desktop org.signal.signal",
    "discord": "com.discordapp.discord com.hnc.discord",
    "spotify": "com.spotify.client",
    "teams": "ms-teams msteams teams-for-linux com.microsoft.teams com.microsoft.teams2",
    "zoom": "us.zoom.zoom us.zoom.xos",
    "keepassxc": "org.keepassxc.keepassxc",
    "bitwarden": "com.bitwarden.desktop",
    "obsidian": "md.obsidian.obsidian md.obsidian",
    "libreoffice": "soffice libreoffice-startcenter libreoffice-writer libreoffice-calc libreoffice-impress "
    "org.libreoffice.libreoffice",
}
"""An identity and the other names of it that are known; a name that is none of these is its own."""

_IDENTITIES = {name: identity for identity, names in _NAMES.items() for name in names.split()}

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
    for ending in _ENDINGS:
        text = text.removesuffix(ending) or text
    found = _known(text)
    if found is None and "." in text:
        # X11 writes the instance before the class: Navigator.firefox, google-chrome.Google-chrome.
        found = _known(text.rpartition(".")[2]) if text.count(".") == 1 else None
    return found or text


def _known(text: str) -> str | None:
    return text if text in _NAMES else _IDENTITIES.get(text)


def forget_names() -> None:
    """Drop the names that were looked up: some were erased."""
    _identity.cache_clear()
