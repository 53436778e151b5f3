"""The keys of a database whose server runs, changed through its API."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from hourloom.cli.handed import KeyLine, Step
from hourloom.cli.output import say
from hourloom.core.errors import Refused
from hourloom.sdk.api import Api, Way
from hourloom.sdk.step_up import Confirming

PAUSE = 0.2


class NotExchanged(Refused):
    """The data key was not exchanged ({reason}); the database keeps the one that it has."""


class _Wrap(msgspec.Struct):
    id: str
    method: str
    created_at: str
    place: str
    pending: bool

    @property
    def line(self) -> KeyLine:
        return KeyLine(self.id, self.method.replace("_", "-"), self.place, self.created_at, self.pending)


class _List(msgspec.Struct):
    wraps: list[_Wrap]


class _Code(msgspec.Struct):
    recovery_code: str


class _Rotation(msgspec.Struct):
    job_id: int
    recovery_code: str


class _Job(msgspec.Struct):
    state: str
    done: int
    total: int
    error: str | None


class _Done(msgspec.Struct):
    done: bool


class ServedKeys:
    """The ways in which the database of a running server opens."""

    def __init__(self, way: Way, words: Callable[[], str]) -> None:
        self._api, self._words = Api(Confirming(way, words)), words

    def add(self, method: str, new_passphrase: Callable[[], str]) -> KeyLine:
        body = {"method": method.replace("-", "_")}
        if method == "passphrase":
            body["passphrase"] = new_passphrase()
        return self._api.post("/api/v1/keys/wraps", body, _Wrap).line

    def remove(self, id: str) -> None:
        self._api.delete(f"/api/v1/keys/wraps/{_plain(id)}")

    def rotate(self, id: str, new_passphrase: Callable[[], str]) -> KeyLine:
        method = next((wrap.method for wrap in self._wraps() if wrap.id == id), "")
        body = {"passphrase": new_passphrase()} if method == "passphrase" else {}
        return self._api.post(f"/api/v1/keys/wraps/{_plain(id)}/rotation", body, _Wrap).line

    def rotate_data_key(self, step: Step, tell: Callable[[str], None]) -> None:
        words = any(wrap.method == "passphrase" for wrap in self._wraps())
        body = {"passphrase": self._words()} if words else {}
        begun = self._api.post("/api/v1/keys/rotation", body, _Rotation)
        tell(begun.recovery_code)
        self._wait_for(begun.job_id, step)

    def renew_recovery(self) -> str:
        return self._api.post("/api/v1/keys/recovery", None, _Code).recovery_code

    def acknowledge(self) -> None:
        self._api.post("/api/v1/keys/recovery/acknowledgement", None, _Done)

    def _wraps(self) -> list[_Wrap]:
        return self._api.get("/api/v1/keys", _List).wraps

    def _wait_for(self, number: int, step: Step) -> None:
        said = None
        while (job := self._api.get(f"/api/v1/jobs/{number}", _Job)).state == "open":
            step("exchange", job.done / max(1, job.total))
            if job.error not in (None, said):
                said = job.error
                say(f"It did not work yet ({said}); it is tried again.")
            time.sleep(PAUSE)
        if job.state != "finished":
            raise NotExchanged(reason=job.error or job.state)


def _plain(id: str) -> str:
    """Return an id as it can stand in an address; another one is none of ours."""
    return id if id.isalnum() else "0"
