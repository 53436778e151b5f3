"""Who uses a port that we wanted, in words that tell the user what to do."""

from __future__ import annotations

import json
import re
import socket
import time
from typing import NamedTuple

from hourloom.core.errors import Refused
from hourloom.web.peers import pid_of_listener, uid_of_listener

TIMEOUT = 0.3
_ANSWER_LIMIT = 64 * 1024


class PortTaken(Refused):
    """Port {port} is used by {occupant}; {advice}."""


class Occupant(NamedTuple):
    """The program behind a port: its kind, its name for people, and its process where that can be seen."""

    kind: str
    name: str
    pid: int | None
    uid: int | None

    def __str__(self) -> str:
        known = [
            f"process {self.pid}" if self.pid else "",
            f"user {self.uid}" if self.uid is not None else "",
        ]
        facts = ", ".join(filter(None, known))
        return f"{self.name} ({facts})" if facts and self.kind == "other" else self.name


def who_listens(host: str, port: int) -> Occupant | None:
    """Ask whoever listens on a port what it is, within 300 ms; None when nobody listens.

    `kind` is `activitywatch`, `hourloom` or `other`.
    """
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - looked up, not bound
    answer = _ask(host, port)
    if answer is None:
        return None
    kind, name = named(answer)
    return Occupant(kind, name, pid_of_listener(port, host), uid_of_listener(port, host))


def named(answer: bytes) -> tuple[str, str]:
    """Return the kind and the name of the program that gave an answer to `GET /api/0/info`."""
    body = answer.partition(b"\r\n\r\n")[2]
    try:
        facts = json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])
        version = str(facts["version"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "other", "another program"
    if "hourloom" in facts or "hourloom" in version.lower():
        return "hourloom", "Hourloom"
    if not {"hostname", "testing"} <= facts.keys():
        return "other", "another program"
    program = "aw-server-rust" if "rust" in version else "aw-server"
    number = re.match(r"v?(\d+\.\d+)", version)
    return "activitywatch", f"ActivityWatch ({program}{' ' + number[1] if number else ''})"


def port_taken(host: str, port: int) -> PortTaken:
    """Return the refusal that says who has the port and what to do."""
    occupant = who_listens(host, port) or Occupant("other", "another program", None, None)
    another = f"`hourloom serve --port {port + 1}`"
    advice = {
        "activitywatch": f"quit it or run {another} and give its watchers that port",
        "hourloom": f"use the one that runs or start this one with {another}",
    }.get(occupant.kind, f"stop it or run {another}")
    return PortTaken(port=port, occupant=occupant, advice=advice)


def _ask(host: str, port: int) -> bytes | None:
    deadline = time.monotonic() + TIMEOUT
    name = f"[{host}]" if ":" in host else host
    request = f"GET /api/0/info HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n"
    answer = b""
    try:
        connection = socket.create_connection((host, port), timeout=TIMEOUT)
    except OSError:
        return None
    with connection:
        try:
            connection.sendall(request.encode())
            while (left := deadline - time.monotonic()) > 0 and len(answer) < _ANSWER_LIMIT:
                connection.settimeout(left)
                piece = connection.recv(_ANSWER_LIMIT)
                if not piece:
                    break
                answer += piece
        except OSError:
            return answer
    return answer
