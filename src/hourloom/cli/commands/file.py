"""`hourloom file`: encrypt an exported file, and open it again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.handed import Count, Files, Secret
from hourloom.cli.options import examples, handed
from hourloom.cli.output import Bar, bar, on_terminal, say
from hourloom.core.errors import Invalid, Refused

ENDING = ".sealed"
STREAM = Path("-")
MIB = 1 << 20
LONGEST_PASSPHRASE = 4096


class PassphraseWanted(Refused):
    """A passphrase is typed on a terminal; elsewhere name a file with --passphrase-file."""


class PassphraseNotRead(Refused):
    """The passphrase cannot be read from {path}: {reason}."""


class EndingUnknown(Invalid):
    """{name} does not end in .sealed; say which file to write."""


class TerminalRefused(Refused):
    """What is encrypted is no text for a terminal; name a file, or pipe it."""


Source = Annotated[Path, typer.Argument(metavar="SOURCE", help="The file to read, or - for standard input.")]
Target = Annotated[
    Path | None,
    typer.Argument(metavar="TARGET", help="The file to write, or - for standard output.", show_default=False),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="A file whose first line is the passphrase, or - for standard input.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]


def encrypt(
    context: typer.Context,
    *,
    source: Source,
    target: Target = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
) -> None:
    """Encrypt a file with a passphrase.

    Without a target, writes beside the source with the ending .sealed. The source stays. Nobody can open the
    file without the passphrase, not even Hourloom; changed or cut it tells so.
    """
    written = target or (STREAM if source == STREAM else source.with_name(source.name + ENDING))
    if written == STREAM and sys.stdout.isatty():
        raise TerminalRefused
    files = _files(context)
    files.look(_path(source), _path(written), sealed=False, force=force)
    words = _new_words(passphrase_file, source)
    with bar("Encrypting", None, "MiB") as meter:
        files.encrypt(_path(source), _path(written), words, _count(meter), force=force)
    if written != STREAM:
        say(f"{written} is encrypted; {source if source != STREAM else 'what you piped in'} is as it was.")


def decrypt(
    context: typer.Context,
    *,
    source: Source,
    target: Target = None,
    passphrase_file: PassphraseFile = None,
    recovery: Annotated[
        bool, typer.Option("--recovery", help="Open an archive by the recovery code of its database.")
    ] = False,
    force: Force = False,
) -> None:
    """Open an encrypted file with its passphrase.

    Without a target, writes beside the source without the ending .sealed. A file that was changed, cut or
    lengthened is refused and leaves nothing behind; to standard output nothing goes before all was checked.
    """
    written = target or _without_ending(source)
    files = _files(context)
    files.look(_path(source), _path(written), sealed=True, force=force)
    words = _typed("Recovery code") if recovery else _words(passphrase_file, source)
    with bar("Decrypting", None, "MiB") as meter:
        files.decrypt(_path(source), _path(written), Secret(words, recovery), _count(meter), force=force)
    if written != STREAM:
        say(f"{written} is decrypted.")


def _files(context: typer.Context) -> Files:
    return handed(context).files()


def _path(named: Path) -> Path | None:
    return None if named == STREAM else named


def _without_ending(source: Path) -> Path:
    if source == STREAM:
        return STREAM
    if source.suffix != ENDING:
        raise EndingUnknown(name=source.name)
    return source.with_suffix("")


def _count(meter: Bar) -> Count:
    return lambda done, total: meter.move(done / MIB, total / MIB if total else None)


def _new_words(file: Path | None, source: Path) -> str:
    return _typed("New passphrase", twice=True) if file is None else _words(file, source)


def _words(file: Path | None, source: Path) -> str:
    if file is None:
        return _typed("Passphrase")
    if file == STREAM and source == STREAM:
        raise PassphraseNotRead(path="standard input", reason="the file comes from there")
    try:
        with open(0 if file == STREAM else file, "rb", closefd=file != STREAM) as opened:
            line = opened.readline(LONGEST_PASSPHRASE + 2).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else "it is not UTF-8"
        raise PassphraseNotRead(path=file, reason=reason) from None
    words = line.rstrip("\r\n")
    if not words or len(words) > LONGEST_PASSPHRASE:
        raise PassphraseNotRead(path=file, reason="its first line is empty or far too long")
    return words


def _typed(what: str, *, twice: bool = False) -> str:
    if not on_terminal():
        raise PassphraseWanted
    return str(typer.prompt(what, hide_input=True, confirmation_prompt=twice, err=True))


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(
        help="Encrypt exported files with a passphrase, and open them.", no_args_is_help=True
    )
    family.command(
        epilog=examples(
            "hourloom file encrypt record.json",
            "hourloom export | hourloom file encrypt - record.sealed --passphrase-file words.txt",
        )
    )(encrypt)
    family.command(
        epilog=examples(
            "hourloom file decrypt record.json.sealed",
            "hourloom file decrypt archive.sealed archive.zip --recovery",
            "hourloom file decrypt record.json.sealed - | gzip > record.json.gz",
        )
    )(decrypt)
    app.add_typer(family, name="file")
