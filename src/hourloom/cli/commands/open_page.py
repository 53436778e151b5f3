"""`hourloom open`: sign in to the page by a link that works once."""

from __future__ import annotations

import html
import os
import secrets
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from hourloom.cli.app_window import open_window
from hourloom.cli.handed import Handed
from hourloom.cli.options import Config, DataDir, configured, examples, handed
from hourloom.cli.output import say
from hourloom.cli.step_up import confirming
from hourloom.configuration import Configuration
from hourloom.core.errors import Unavailable
from hourloom.sdk.answers import Code
from hourloom.sdk.api import Api

SECONDS = 60
"""How long a code is good for, and the file with it there."""
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - compared with, not listened on
_FORGET = """
import os, sys, time
time.sleep(float(sys.argv[1]))
if os.path.exists(sys.argv[2]):
    os.unlink(sys.argv[2])
"""


class NoServerRuns(Unavailable):
    """No Hourloom server runs on {path}; start one with `hourloom up`."""


def open_page(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    link_only: Annotated[bool, typer.Option("--print", help="Print the link and open nothing.")] = False,
    step_up: Annotated[
        bool,
        typer.Option("--step-up", help="Confirm to the page that it is you, for what it asks that again."),
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="The same as --print.")] = False,
    window: Annotated[
        bool,
        typer.Option("--window", help="Open a window of its own, with Chromium, Chrome or Edge."),
    ] = False,
    wait: Annotated[
        float,
        typer.Option("--wait", help="Wait up to so many seconds for a server that starts.", hidden=True),
    ] = 0,
) -> None:
    """Open the page in your browser, signed in.

    The link works once and for a minute. It reaches the browser in a file that only you can read, and never
    stands in a list of programs.
    """
    configuration = configured(data_dir, config)
    _wait_for_server(handed(context), configuration, wait)
    if wait:
        again = shlex.join(["hourloom", "open", *(["--data-dir", str(data_dir)] if data_dir else [])])
        say(f"This link signs you in, once and within a minute; later, `{again}` makes another.")
    only = link_only or no_browser
    show_page(handed(context), configuration, link_only=only, step_up=step_up, window=window)


def show_page(
    handed: Handed,
    configuration: Configuration,
    *,
    link_only: bool,
    step_up: bool = False,
    window: bool = False,
) -> None:
    """Open the page by a new link, or print the link."""
    link = new_link(handed, configuration, step_up=step_up)
    if link_only:
        print(link)
        return
    file = redirect_file(configuration.data_dir / "run", link)
    if window and open_window(file.absolute().as_uri()):
        say("The page opens in a window of its own.")
        return
    if window:
        say("A window of its own needs Chromium, Chrome or Edge; the page opens in your browser instead.")
    if _browse(file):
        say("The page opens in your browser; if it does not, `hourloom open --print` shows the link.")
    else:
        file.unlink(missing_ok=True)
        say("No browser can be opened from here; this link signs you in, once and within a minute:")
        print(link)


def new_link(handed: Handed, configuration: Configuration, *, step_up: bool = False) -> str:
    """Make a code and return the address of the page with it; what follows the # is sent to nobody."""
    runs = handed.running(configuration)
    if runs is None:
        raise NoServerRuns(path=configuration.data_dir)
    with handed.reach(configuration, False) as way:
        asked, name = ("step-up-codes", "step-up") if step_up else ("sign-in-codes", "code")
        code = Api(confirming(way)).post(f"/api/v1/{asked}", {}, Code).code
    runs = handed.running(configuration) or runs
    return f"{page_address(runs.url or f'http://127.0.0.1:{configuration.port}')}/#{name}={code}"


def page_address(url: str) -> str:
    """Return a server's address as a browser on this computer reaches it."""
    parts = urlsplit(url)
    host = _ANYWHERE.get(parts.hostname or "", parts.netloc.rpartition(":")[0])
    return f"{parts.scheme}://{host}:{parts.port}"


def redirect_file(directory: Path, link: str) -> Path:
    """Write the page that leads to the link, for this user alone and for a minute."""
    for left in directory.glob("open-*.html"):
        left.unlink(missing_ok=True)
    path = directory / f"open-{secrets.token_hex(8)}.html"
    address = html.escape(link, quote=True)
    page = (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        "<title>Hourloom</title>"
        f'<meta http-equiv="refresh" content="0;url={address}"><p><a href="{address}">Open Hourloom</a></p>\n'
    )
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(page)
    _forget_later(path)
    return path


def _forget_later(path: Path) -> None:
    """Leave a small program behind that removes the file when its code has lost its worth."""
    nothing = subprocess.DEVNULL
    subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _FORGET, str(SECONDS), str(path)],
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        start_new_session=True,
    )


def _browse(file: Path) -> bool:
    import webbrowser  # noqa: PLC0415 - `--print` needs none

    try:
        return webbrowser.open(file.absolute().as_uri())
    except (OSError, webbrowser.Error):
        return False


def _wait_for_server(handed: Handed, configuration: Configuration, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        runs = handed.running(configuration)
        if runs is not None and runs.url is not None:
            return
        time.sleep(0.05)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "open",
        epilog=examples(
            "hourloom open", "hourloom open --window", "hourloom open --print", "hourloom open --step-up"
        ),
    )(open_page)
