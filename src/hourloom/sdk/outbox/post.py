"""One attempt to send a batch, and what the server's answer means for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from hourloom.core.clock import SECOND, format_instant
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.sdk.connection import Response
from hourloom.sdk.outbox.beats import Declaration, Waiting

LONGEST_WISH = 60.0
"""A server may ask to be left alone for so many seconds, and no longer."""
_JSON = {"Content-Type": "application/json"}
_TRANSIENT = frozenset({401, 402, 403, 404, 405, 407, 408, 421, 423, 425, 426, 429})
"""Refusals that have nothing to do with what is sent: who sends, where to, how fast."""
_OF_THE_BUCKET = frozenset({403, 404})
_NOT_SIGNED_IN = frozenset({401, 403})


class Line(Protocol):
    """Carries requests to a server."""

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Ask once and return the whole answer, whatever its status."""
        ...

    def close(self) -> None:
        """Let go of the server."""
        ...


class Trouble(NamedTuple):
    """Why nothing can be sent at present."""

    code: str
    sentence: str
    of_bucket: bool = False
    """Whether only this bucket cannot be sent."""
    of_beat: bool = False
    """Whether the server failed over one beat while it took the others."""
    wish: float = 0.0
    """For how many seconds the server asks to be left alone."""
    local: bool = False
    """Whether trying again costs next to nothing: nobody listens on this very computer."""


class Refusal(NamedTuple):
    """What the server says of something that it will never take."""

    status: int
    code: str
    reason: str


class Verdict(NamedTuple):
    """What became of a batch: of its first beats each was taken (None) or refused; then perhaps trouble."""

    settled: Sequence[Refusal | None] = ()
    trouble: Trouble | None = None
    refused: Refusal | None = None
    """The batch was refused as a whole: some beat in it, or its size, is at fault."""
    is_unknown: bool = False
    """The server knows no such bucket."""


class _Problem(msgspec.Struct):
    status: int = 0
    code: str = "error"
    detail: str = ""


class _Result(msgspec.Struct):
    problem: _Problem | None = None


class _Results(msgspec.Struct):
    results: list[_Result]


class _Beat(msgspec.Struct):
    timestamp: str
    duration: float
    data: msgspec.Raw


class _Batch(msgspec.Struct):
    bucket: str
    pulsetime: float
    heartbeats: list[_Beat]


class Post:
    """Sends through a line that is opened when it is needed, and anew after it broke."""

    def __init__(self, reach: Callable[[], Line]) -> None:
        self._reach = reach
        self._line: Line | None = None

    def declare(self, declaration: Declaration) -> Verdict:
        """Tell the server of a bucket."""
        answer = self._asked("/api/v1/buckets", msgspec.json.encode(declaration))
        if isinstance(answer, Trouble):
            return Verdict(trouble=answer)
        if answer.status in (200, 201):
            return Verdict()
        trouble = _trouble_of(answer)
        # A bucket that is refused is no fault of its beats: they wait until it is declared otherwise.
        return Verdict(trouble=trouble or Trouble(*_refusal_of(answer)[1:], of_bucket=True))

    def send(self, bucket: str, batch: Sequence[Waiting]) -> Verdict:
        """Send a batch of one bucket."""
        answer = self._asked("/api/v1/heartbeats", _body(bucket, batch))
        if isinstance(answer, Trouble):
            return Verdict(trouble=answer)
        if answer.status == 200:
            return _judged(answer, len(batch))
        if answer.status == 404 and _problem(answer).code == "no_such_bucket":
            return Verdict(is_unknown=True)
        trouble = _trouble_of(answer)
        return Verdict(trouble=trouble) if trouble is not None else Verdict(refused=_refusal_of(answer))

    def close(self) -> None:
        """Close the line; the next attempt opens another."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _asked(self, path: str, body: bytes) -> Response | Trouble:
        """Ask; a line that broke because it had lain idle is opened anew at once."""
        was_open = self._line is not None
        began = time.monotonic()
        try:
            return self._ask(path, body)
        except (HourloomError, OSError) as error:
            self.close()
            if not was_open or time.monotonic() - began > 1.0:
                return _broken(error)
        try:
            return self._ask(path, body)
        except (HourloomError, OSError) as error:
            self.close()
            return _broken(error)

    def _ask(self, path: str, body: bytes) -> Response:
        if self._line is None:
            self._line = self._reach()
        answer = self._line.request("POST", path, body, _JSON)
        if answer.status in _NOT_SIGNED_IN:
            # Another way, or the token that lies there by then, may be let in.
            self.close()
        return answer


def _body(bucket: str, batch: Sequence[Waiting]) -> bytes:
    beats = [
        _Beat(
            format_instant(beat.started_at),
            (beat.ended_at - beat.started_at) / SECOND,
            msgspec.Raw(beat.data),
        )
        for beat in batch
    ]
    return msgspec.json.encode(_Batch(bucket, batch[0].pulsetime / SECOND, beats))


def _judged(answer: Response, count: int) -> Verdict:
    try:
        results = decode(answer.body, _Results).results
    except (msgspec.MsgspecError, UnicodeDecodeError):
        results = []
    if len(results) != count:
        return Verdict(trouble=Trouble("strange_answer", "What answers there is no server of Hourloom."))
    settled: list[Refusal | None] = []
    for result in results:
        problem = result.problem
        if problem is None:
            settled.append(None)
        elif problem.code == "no_such_bucket":
            return Verdict(settled, is_unknown=True)
        elif problem.status >= 500 or problem.status in _TRANSIENT:
            fails = problem.status == 500
            return Verdict(settled, Trouble(problem.code, problem.detail, of_bucket=True, of_beat=fails))
        else:
            settled.append(Refusal(problem.status, problem.code, problem.detail))
    return Verdict(settled)


def _trouble_of(answer: Response) -> Trouble | None:
    """Return what stands in the way for now, or None where what was sent is at fault."""
    status = answer.status
    if status < 400:
        return Trouble(
            "strange_answer", f"The server answered with status {status}, which means nothing here."
        )
    if status < 500 and status not in _TRANSIENT:
        return None
    problem = _problem(answer)
    code = "not_signed_in" if status in _NOT_SIGNED_IN else problem.code
    sentence = problem.detail or f"The server answered with status {status}."
    return Trouble(code, sentence, status in _OF_THE_BUCKET, wish=_wish(answer))


def _refusal_of(answer: Response) -> Refusal:
    problem = _problem(answer)
    return Refusal(
        answer.status, problem.code, problem.detail or f"The server refused it with status {answer.status}."
    )


def _problem(answer: Response) -> _Problem:
    try:
        return decode(answer.body, _Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Problem()


def _wish(answer: Response) -> float:
    try:
        return min(LONGEST_WISH, max(0.0, float(answer.headers.get("retry-after", "0"))))
    except ValueError:
        return 0.0


def _broken(error: Exception) -> Trouble:
    if not isinstance(error, HourloomError):
        return Trouble("server_not_answering", f"The server did not answer: {type(error).__name__}.")
    where = str(error.fields.get("where", ""))
    local = error.code == "server_not_running" and where.startswith(
        ("/", "http://127.0.0.1", "http://localhost", "http://[::1]")
    )
    return Trouble(error.code, error.message, local=local)
