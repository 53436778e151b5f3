"""The editor and the system are read from the words in which a plug-in names itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.wakatime.model.agents import LONGEST_NAME, agent_of

LINUX = "(Linux-6.1.0-x86_64-with-glibc2.36)"


@pytest.mark.parametrize(
    ("words", "editor", "system"),
    [
        (f"wakatime/13.1.0 {LINUX} Python3.11.7.final.0 vim/9.0 vim-wakatime/11.0", "Vim", "Linux"),
        ("wakatime/v1.90 (linux-6.1-x86_64) go1.22 vscode/1.9 vscode-wakatime/25", "VS Code", "Linux"),
        ("wakatime/v1.90 (darwin-23.1-arm64) go1.22 PyCharm/2024.1 PyCharm-wakatime/14", "PyCharm", "macOS"),
        ("wakatime/v1.90 (windows-10.0-amd64) go1.22 Neovim/0.9 vim-wakatime/11", "Neovim", "Windows"),
        ("wakatime/1 (Linux-5.15-microsoft-WSL2-x86_64) go1 kakoune/1 k-wakatime/1", "Kakoune", "WSL"),
        ("wakatime/1 (linux-6-x) python/3.11 zsh-wakatime/2", "zsh", "Linux"),
        ("wakatime/13.0.6", "unknown", "unknown"),
        ("Chrome/120.0 chrome-wakatime/3.0", "Chrome", "unknown"),
        ("wakatime/1 (Linux-6.1-x) go1 someeditor/1", "someeditor", "Linux"),
        ("", "unknown", "unknown"),
        ("()()//((", "unknown", "unknown"),
    ],
)  # fmt: skip
def test_words_name_editor_and_system(words: str, editor: str, system: str) -> None:
    agent = agent_of(words)
    assert (agent.editor, agent.operating_system) == (editor, system)


@given(st.text(max_size=400))
def test_whatever_is_said_names_something_short(words: str) -> None:
    agent = agent_of(words)
    assert 0 < len(agent.editor) <= LONGEST_NAME
    assert 0 < len(agent.operating_system) <= LONGEST_NAME
