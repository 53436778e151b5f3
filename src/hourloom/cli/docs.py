"""Print docs/cli.md from the commands' own help: `python -m hourloom.cli.docs`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Protocol, cast

import typer

from hourloom.cli.main import application

WIDTH = 96
HEAD = """# The command line

This page is what `--help` says, written down by `python -m hourloom.cli.docs > docs/cli.md`.

    hourloom up          keep the record running
    hourloom open        open its page, signed in
    hourloom status      what reports, and when it was last heard

**Where the data is.** `--data-dir` or `HOURLOOM_DATA_DIR`, else the usual place of the system; `--config`
names another [configuration file](configuration.md) than the usual one.

**How commands reach the server.** Through a socket file in the data directory that only you may open. Who
listens there is checked before anything is sent, so no token is needed. If no server runs on the data
directory, a command holds the directory and calls the same application within itself; `status` and `open`
want a server that runs.

**What they answer.** The answer is on standard output, everything else on standard error. `--json` answers
for programs.

| exit code | means |
|---|---|
| 0 | done |
| 1 | refused or failed; one sentence on standard error says why |
| 2 | wrong usage |
"""


class _Command(Protocol):
    @property
    def hidden(self) -> bool: ...

    def get_help(self, context: typer.Context) -> str: ...


def page() -> str:
    """Return the whole page."""
    root = cast("_Command", typer.main.get_command(application()))
    sections = [f"## {name}\n\n{_block(text)}" for name, text in _helps(root, "hourloom", None)]
    return HEAD + "\n" + "\n\n".join(sections) + "\n"


def _helps(command: _Command, name: str, parent: typer.Context | None) -> Iterator[tuple[str, str]]:
    """Yield the help of a command and of all below it."""
    own = name.rpartition(" ")[2]
    context = typer.Context(command, info_name=own, parent=parent, terminal_width=WIDTH)  # type: ignore[arg-type]
    yield name, command.get_help(context)
    below: dict[str, _Command] = getattr(command, "commands", {})
    for word, each in below.items():
        if not each.hidden:
            yield from _helps(each, f"{name} {word}", context)


def _block(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


if __name__ == "__main__":
    sys.stdout.write(page())
