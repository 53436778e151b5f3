"""`hourloom device`: observe this computer, see how that goes, pause it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.commands.doctor import PLAIN_SIGNS, SIGNS
from hourloom.cli.handed import Check, Device
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import ago, bytes_in_words, hours, local, print_json, print_table, say
from hourloom.core.clock import datetime_of
from hourloom.core.device_health import ClockEvent, DeviceHealth, WatcherHealth

Server = Annotated[
    str | None,
    typer.Option(
        "--server", metavar="URL", help="A server elsewhere; needs --token-file.", show_default=False
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", metavar="FILE", help="The token for that server.", show_default=False),
]
LONG = timedelta(days=366)
"""A pause that ends later ends when somebody says so."""
KINDS = {
    "slept": "slept for {length}",
    "stalled": "stood still for {length}; what happened then is unknown",
    "set forward": "had its clock set forward by {length}",
    "set back": "had its clock set back by {length}",
}


def device(
    context: typer.Context,
    *,
    server: Annotated[
        str | None,
        typer.Option(
            "--server", metavar="URL", help="A server elsewhere; needs --token-file.", show_default=False
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", metavar="FILE", help="The token for that server.", show_default=False),
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    testing: Annotated[
        bool, typer.Option("--testing", help="Use directories and a port of its own.")
    ] = False,
) -> None:
    """Observe this computer: which window is in use, and whether somebody is there.

    Without a command it records until it is stopped. `hourloom up` does so too, beside the server. Exit code
    4 when another one of this login records already.
    """
    if context.invoked_subcommand is None:  # the start path answers that before this is loaded
        raise AssertionError((server, token_file, data_dir, config, testing))


def status(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> int:
    """Show what observes this computer and how that goes.

    Exit code 1 when no device program runs.
    """
    runs, health = _device(context, data_dir, config).health()
    if as_json:
        print_json({"running": runs, "health": health})
    elif health is None:
        say("No device program has run here yet; `hourloom up` or `hourloom device` starts one.")
    else:
        _show(health, runs=runs)
    return 0 if runs else 1


def doctor(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> int:
    """Try what can be observed here, and say exactly what is missing.

    Shows the first window within seconds. Exit code 1 when no window can be observed.
    """
    found: list[Check] = []
    for check in _device(context, data_dir, config).examine():
        found.append(check)
        if not as_json:
            _show_check(check)
    if as_json:
        print_json([asdict(check) for check in found])
    return 1 if any(check.verdict == "bad" for check in found) else 0


def pause(
    context: typer.Context,
    length: Annotated[
        str, typer.Argument(metavar="[LENGTH]", help="15m, 1h, tomorrow; without it, until `resume`.")
    ] = "",
    *,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Record nothing for a while."""
    say(_paused(_device(context, data_dir, config).pause(length)))


def resume(context: typer.Context, *, data_dir: DataDir = None, config: Config = None) -> None:
    """End a pause."""
    _device(context, data_dir, config).resume()
    say("Recording goes on.")


def letters(
    context: typer.Context,
    *,
    retry: Annotated[bool, typer.Option("--retry", help="Send them again.")] = False,
    discard: Annotated[bool, typer.Option("--discard", help="Forget them.")] = False,
    only: Annotated[
        str | None, typer.Option("--only", metavar="ID", help="Only this one.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List what the server refused for good, send it again, or forget it."""
    ours = _device(context, data_dir, config)
    if retry or discard:
        count = ours.retry(only) if retry else ours.discard(only)
        say(f"{count} {'sent again' if retry else 'forgotten'}.")
        return
    found = [letter for letter in ours.letters() if only in (None, letter.id)]
    if as_json:
        print_json([asdict(letter) for letter in found])
        return
    rows = [
        (
            each.id,
            each.bucket,
            local(datetime_of(each.at)),
            hours(each.duration),
            str(each.status),
            each.reason,
        )
        for each in found
    ]
    print_table(("ID", "BUCKET", "AT", "LASTED", "STATUS", "REASON"), rows)
    if not found:
        say("The server refused nothing.")


def install(
    context: typer.Context,
    *,
    server: Server = None,
    token_file: TokenFile = None,
    data_dir: DataDir = None,
    config: Config = None,
    only_print: Annotated[
        bool, typer.Option("--print", help="Show what would be written, and write nothing.")
    ] = False,
) -> None:
    """Let the device program start with each login, and now where that can be."""
    words = ["--server", server] if server is not None else []
    for option, path in (("--token-file", token_file), ("--data-dir", data_dir), ("--config", config)):
        words += [option, str(path.expanduser().absolute())] if path is not None else []
    ours = _device(context, data_dir, config)
    if not only_print:
        say(f"It starts with each login from now on: {ours.install(words)}")
        return
    for where, text in ours.printed(words).items():
        print(f"# {where}\n{text.rstrip()}")


def uninstall(context: typer.Context, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Let it start with logins no longer; what was recorded stays."""
    removed = _device(context, data_dir, config).uninstall()
    say("It starts with logins no longer." if removed else "It did not start with logins.")


def gnome_extension() -> None:
    """Let GNOME Shell tell which window is in use, by an extension of ours."""


def put_into_gnome(context: typer.Context, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Put the extension where GNOME Shell finds it, for you alone, and switch it on."""
    where, next_step = _device(context, data_dir, config).install_gnome_extension()
    say(f"The extension is in {where}. {next_step}.")


def take_out_of_gnome(context: typer.Context, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Switch the extension off and remove it."""
    _device(context, data_dir, config).remove_gnome_extension()
    say("The extension is removed.")


def _device(context: typer.Context, data_dir: Path | None, config: Path | None) -> Device:
    return handed(context).device(configured(data_dir, config))


def _show(health: DeviceHealth, *, runs: bool) -> None:
    state = f"runs (process {health.pid})" if runs else f"does not run; this is how it was {ago(health.at)}"
    print(f"The device program of {health.device} {state}, since {local(health.started_at)}")
    if health.paused_until is not None:
        print(_paused(health.paused_until))
    queue = health.queue
    if queue is not None:
        print(f"{queue.waiting:,} observations wait for the server ({bytes_in_words(queue.bytes)})")
        if queue.trouble:
            print(f"! {queue.trouble}")
        if queue.letters:
            print(f"! The server refused {queue.letters:,}; `hourloom device letters` lists them.")
        if queue.left_out:
            print(f"! {queue.left_out:,} were left out: there was no room for them.")
    print()
    rows = [
        (
            each.watcher,
            each.mechanism or "nothing",
            "polls" if each.polls else "events" if each.mechanism else "",
            local(each.since),
            ago(each.observed_at),
        )
        for each in health.watchers
    ]
    print_table(("WATCHER", "BY", "HOW", "SINCE", "LAST NEWS"), rows)
    for watcher in health.watchers:
        _show_trouble(watcher)
    for event in health.clock:
        print(f"{local(event.at)} the computer {_said(event)}")


def _show_trouble(watcher: WatcherHealth) -> None:
    if watcher.error is not None:
        print(f"! {watcher.watcher}: {watcher.error}")
    if watcher.note is not None:
        print(f"  {watcher.watcher}: {watcher.note}.")
    if watcher.mechanism is None:
        for each in watcher.obstacles:
            print(f"! {watcher.watcher}: {each.mechanism}: {each.reason}. {each.next_step}".rstrip())


def _said(event: ClockEvent) -> str:
    return KINDS[event.kind].format(
        length=hours(event.seconds) if event.seconds >= 60 else f"{event.seconds:.0f} s"
    )


def _paused(until: datetime) -> str:
    if until - datetime.now(UTC) > LONG:
        return "Nothing is recorded until `hourloom device resume`."
    return f"Nothing is recorded until {local(until)}."


def _show_check(check: Check) -> None:
    signs = SIGNS if (sys.stdout.encoding or "").lower().startswith("utf") else PLAIN_SIGNS
    print(f"{signs[check.verdict]} {check.what}: {check.finding}", flush=True)
    if check.advice:
        print(f"    {check.advice}", flush=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(invoke_without_command=True)
    family.callback(
        epilog=examples(
            "hourloom device", "hourloom device --server https://hours.example --token-file ~/.token"
        )
    )(device)
    family.command(epilog=examples("hourloom device status", "hourloom device status --json"))(status)
    family.command(epilog=examples("hourloom device doctor"))(doctor)
    family.command(epilog=examples("hourloom device pause 15m", "hourloom device pause tomorrow"))(pause)
    family.command(epilog=examples("hourloom device resume"))(resume)
    family.command(epilog=examples("hourloom device letters", "hourloom device letters --retry"))(letters)
    family.command(epilog=examples("hourloom device install", "hourloom device install --print"))(install)
    family.command(epilog=examples("hourloom device uninstall"))(uninstall)
    gnome = typer.Typer(no_args_is_help=True)
    gnome.callback()(gnome_extension)
    gnome.command("install", epilog=examples("hourloom device gnome-extension install"))(put_into_gnome)
    gnome.command("remove", epilog=examples("hourloom device gnome-extension remove"))(take_out_of_gnome)
    family.add_typer(gnome, name="gnome-extension")
    app.add_typer(family, name="device")
