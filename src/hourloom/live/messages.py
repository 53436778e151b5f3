"""The messages of the live socket, in both directions."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from hourloom.core import strict_json
from hourloom.core.changes import RecordedChange
from hourloom.core.clock import format_instant
from hourloom.core.decoding import decode
from hourloom.core.errors import Invalid
from hourloom.live.model import ChangesMissed

MOST_BYTES = 1024 * 1024

Place = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Message = TypeVar("Message")
_encode = msgspec.json.Encoder().encode


class NotAMessage(Invalid):
    """The message is not one that this socket knows: {reason}."""


class Opening(msgspec.Struct, forbid_unknown_fields=True):
    """A browser's first message: its ticket, and where it goes on."""

    ticket: Annotated[str, Meta(min_length=1, max_length=200)]
    since: Place | None = None


class Command(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", tag="command"):
    """An operation to perform, by its name."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    parameters: dict[str, msgspec.Raw] = {}
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=128)] | None = None


class CommandAnswer(msgspec.Struct, tag_field="type", tag="answer", omit_defaults=True):
    """What a command got: the status and body of the same request over HTTP, or its problem."""

    id: str | None
    """Absent where the message was too wrong to have one."""
    status: int
    body: msgspec.Raw | None = None
    problem: msgspec.Raw | None = None


class ToldChange(msgspec.Struct, tag_field="type", tag="change"):
    """A Change."""

    sequence: int
    at: str
    kind: str
    body: msgspec.Raw


class Resync(msgspec.Struct, tag_field="type", tag="resync"):
    """Changes up to a sequence number are not told: load afresh, then go on with what follows."""

    sequence: int


class Hello(msgspec.Struct, tag_field="type", tag="hello"):
    """The first message of the server: the newest sequence number."""

    sequence: int


_opening = msgspec.json.Decoder(Opening)
_command = msgspec.json.Decoder(Command)


def opening_of(text: str) -> Opening:
    """Read a browser's first message."""
    return _read(_opening, text)


def command_of(text: str) -> Command:
    """Read a command."""
    return _read(_command, text)


def hello(sequence: int) -> bytes:
    """Write the first message."""
    return _encode(Hello(sequence))


def change(told: RecordedChange) -> bytes:
    """Write a Change."""
    return _encode(ToldChange(told.sequence, format_instant(told.at), told.kind, msgspec.Raw(told.body)))


def resync(missed: ChangesMissed) -> bytes:
    """Write that Changes were missed."""
    return _encode(Resync(missed.newest))


def answer(command: str | None, status: int, body: bytes) -> bytes:
    """Write a command's answer."""
    raw = msgspec.Raw(body or b"null")
    failed = status >= 400
    return _encode(
        CommandAnswer(command, status, body=None if failed else raw, problem=raw if failed else None)
    )


def id_in(text: str) -> str | None:
    """Return the id in a message that is wrong otherwise, so that its sender learns which one it was."""
    try:
        return decode(text.encode("utf-8", "replace"), _Named).id
    except (msgspec.DecodeError, RecursionError):
        return None


class _Named(msgspec.Struct):
    id: Annotated[str, Meta(max_length=64)]


def _read(decoder: msgspec.json.Decoder[Message], text: str) -> Message:
    raw = text.encode("utf-8", "replace")
    strict_json.refuse_duplicates(raw)
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise NotAMessage(reason=str(error)) from None
    except msgspec.DecodeError as error:
        raise strict_json.NotJson(reason=str(error)) from None
