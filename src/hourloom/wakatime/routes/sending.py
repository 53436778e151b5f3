"""What plug-ins send: heartbeats, spans from elsewhere, and reports of their own faults."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hourloom.core.actors import Actor
from hourloom.core.decoding import decode
from hourloom.core.errors import Invalid
from hourloom.wakatime.model.beats import BeatFault, BeatSender
from hourloom.wakatime.model.summing import Json
from hourloom.wakatime.routes.places import at_bases, of_user, require_self, routes
from hourloom.wakatime.service.elsewhere import EditorElsewhere
from hourloom.wakatime.service.recording import EditorRecording, faults_of
from hourloom.web.caller import Caller
from hourloom.web.routes import MIB, Access, Answer, Mode

BODY = 4 * MIB
User = Annotated[str, Meta(max_length=100)]

OURS = "/api/v1/heartbeats"
HEARTBEATS = ("/heartbeats.bulk", "/heartbeats", "/heartbeat")


class NoHeartbeats(Invalid):
    """The body must be a heartbeat or a list of heartbeats."""


@routes.on("POST", *of_user(*HEARTBEATS), mode=Mode.WRITE, access=Access.EDITOR, status=201, limit=BODY)
def send_editor_heartbeats(
    recording: EditorRecording, who: Actor, caller: Caller, user: User, body: msgspec.Raw
) -> Answer:
    """Take one heartbeat or many; each has an answer of its own, in the order in which they were sent."""
    require_self(who, user)
    return _taken(recording, who, caller, body)


@routes.on(
    "POST",
    # The API's own heartbeats are at one of those addresses.
    *(path for path in at_bases("", "/heartbeats.bulk", "/heartbeats", "/heartbeat") if path != OURS),
    *of_user(""),
    mode=Mode.WRITE,
    access=Access.EDITOR,
    status=201,
    limit=BODY,
)
def send_editor_heartbeats_here(
    recording: EditorRecording, who: Actor, caller: Caller, body: msgspec.Raw
) -> Answer:
    """Take heartbeats at the very address that a client was given."""
    return _taken(recording, who, caller, body)


def _taken(recording: EditorRecording, who: Actor, caller: Caller, body: msgspec.Raw) -> Answer:
    items, is_list = _items(body)
    sender = BeatSender(_as_utf8(caller.user_agent), _as_utf8(caller.machine))
    read = recording.record(who, items, sender)
    answers: list[Any] = [
        [faults_of(each), 400] if isinstance(each, BeatFault) else [{"data": None}, 201] for each in read
    ]
    shown: Json = {"responses": answers}
    return Answer(shown if is_list else {"data": None, **shown}, 201)


@routes.on(
    "POST",
    *of_user("/external_durations", "/external_durations.bulk"),
    mode=Mode.WRITE,
    access=Access.EDITOR,
    status=201,
    limit=BODY,
)
def send_external_durations(
    elsewhere: EditorElsewhere, who: Actor, caller: Caller, user: User, body: msgspec.Raw
) -> Answer:
    """Take spans from other programs; one with a known id takes the place of what it was."""
    require_self(who, user)
    items, is_list = _items(body)
    read = elsewhere.record(who, items, _as_utf8(caller.machine))
    answers: list[Any] = [
        [faults_of(each), 400]
        if isinstance(each, BeatFault)
        else [{"data": {"id": each.span.external_id, "external_id": each.span.external_id}}, 201]
        for each in read
    ]
    if is_list:
        return Answer({"responses": answers}, 201)
    return Answer(*answers[0])


@routes.on("POST", *at_bases("/plugins/errors"), mode=Mode.PLAIN, access=Access.EDITOR, status=201)
def send_plugin_error(who: Actor, body: msgspec.Raw = msgspec.Raw(b"null")) -> Json:  # noqa: B008 - never changed
    """Take a plug-in's report of its own fault, and drop it: it may quote what was edited."""
    return {"data": None}


@routes.on("POST", *of_user("/file_experts"), mode=Mode.PLAIN, access=Access.EDITOR, scope="tracking:read")
def ask_file_experts(who: Actor, user: User, body: msgspec.Raw = msgspec.Raw(b"null")) -> Json:  # noqa: B008 - as above
    """Answer who knows a file best: nobody is compared here."""
    require_self(who, user)
    return {"data": []}


def _as_utf8(header: str) -> str:
    """Return a header as its sender meant it: old clients write the name of a computer in UTF-8."""
    return header.encode("latin-1", "replace").decode("utf-8", "replace")


def _items(body: msgspec.Raw) -> tuple[list[Any], bool]:
    """Return what was sent as a list, and whether it was one."""
    sent = decode(body)
    if isinstance(sent, list):
        return sent, True
    if not isinstance(sent, dict):
        raise NoHeartbeats
    return [sent], False
