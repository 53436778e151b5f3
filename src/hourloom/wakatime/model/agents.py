"""From the words in which a plug-in names itself to the editor and the operating system."""

from __future__ import annotations

import re

import msgspec

LONGEST_NAME = 60
UNKNOWN = "unknown"

_SYSTEM = re.compile(r"\(([^)]{1,200})\)")
_PART = re.compile(r"([^\s/()]{1,100})/[^\s/()]{1,100}")
_RUNTIMES = frozenset({"python", "go", "node", "ruby", "java", "php", "dotnet", "bun", "deno"})
_EDITORS = {
    "vscode": "VS Code",
    "vscodium": "VSCodium",
    "vscode-web": "VS Code",
    "visual_studio": "Visual Studio",
    "visualstudio": "Visual Studio",
    "vim": "Vim",
    "neovim": "Neovim",
    "nvim": "Neovim",
    "emacs": "Emacs",
    "sublime": "Sublime Text",
    "intellij": "IntelliJ IDEA",
    "ideaic": "IntelliJ IDEA",
    "ideaiu": "IntelliJ IDEA",
    "idea": "IntelliJ IDEA",
    "pycharm": "PyCharm",
    "pycharmcore": "PyCharm",
    "webstorm": "WebStorm",
    "phpstorm": "PhpStorm",
    "goland": "GoLand",
    "clion": "CLion",
    "rider": "Rider",
    "rubymine": "RubyMine",
    "rustrover": "RustRover",
    "datagrip": "DataGrip",
    "androidstudio": "Android Studio",
    "xcode": "Xcode",
    "zed": "Zed",
    "cursor": "Cursor",
    "helix": "Helix",
    "kakoune": "Kakoune",
    "chrome": "Chrome",
    "firefox": "Firefox",
    "edge": "Edge",
    "brave": "Brave",
    "safari": "Safari",
}
_SYSTEMS = {"linux": "Linux", "darwin": "macOS", "macos": "macOS", "windows": "Windows", "freebsd": "FreeBSD"}


class BeatAgent(msgspec.Struct, frozen=True):
    """What sent a beat: the editor and the system that it ran on."""

    editor: str
    operating_system: str


def agent_of(words: str) -> BeatAgent:
    """Read how a plug-in names itself.

    wakatime/v1.90 (linux-6.1-x86_64) go1.22 vscode/1.9 vscode-wakatime/25
             system ^^^^^                    ^^^^^^ editor
    """
    return BeatAgent(_editor_of(words), _system_of(words))


def _editor_of(words: str) -> str:
    names = [part.group(1).lower() for part in _PART.finditer(_SYSTEM.sub(" ", words))]
    others = [name for name in names if name not in ("wakatime", "wakatime-cli") and name not in _RUNTIMES]
    own = [name for name in others if not name.endswith("-wakatime")]
    named = (own or others or [UNKNOWN])[0].removesuffix("-wakatime")
    return _EDITORS.get(named, named)[:LONGEST_NAME]


def _system_of(words: str) -> str:
    found = _SYSTEM.search(words)
    if found is None:
        return UNKNOWN
    if "-wsl" in found.group(1).lower():
        return "WSL"
    name = found.group(1).partition("-")[0].strip()
    return (_SYSTEMS.get(name.lower(), name) or UNKNOWN)[:LONGEST_NAME]
