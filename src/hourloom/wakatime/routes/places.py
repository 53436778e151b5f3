"""Where WakaTime's routes are: every address that one of its clients makes of what it was given.

given                                    asked for
https://host                             /users/current/…
https://host/api                         /api/users/current/…
https://host/api/v1                      /api/v1/users/current/…
https://host/api/compat/wakatime/v1      /api/compat/wakatime/v1/users/current/…
…/heartbeats.bulk and the like           stripped by most clients, asked for as it is by old ones
"""

from __future__ import annotations

from hourloom.core.actors import Actor
from hourloom.core.errors import Forbidden
from hourloom.web.caller import Caller
from hourloom.web.routes import Routes

BASES = ("/api/v1", "/api", "/api/compat/wakatime/v1", "")

routes = Routes("", "editors")
"""All of WakaTime's routes; the modules beside this one add theirs."""


class NotYourself(Forbidden):
    """A key reads and writes what belongs to its own user; write `current`."""


def of_user(*ends: str) -> list[str]:
    """Return the paths of something of a user."""
    return [f"{base}/users/{{user}}{end}" for base in BASES for end in ends]


def at_bases(*ends: str) -> list[str]:
    """Return the paths of something of nobody in particular."""
    return [f"{base}{end}" or "/" for base in BASES for end in ends]


def require_self(who: Actor, user: str) -> None:
    """Raise unless a path names whoever asks."""
    if user not in ("current", str(who.user_id)):
        raise NotYourself


def address_of(caller: Caller) -> str:
    """Return how the caller called this server."""
    return "" if caller.host is None else f"http://{caller.host}"
