"""Who may come in without a token: the trust rules of the local computer."""

from __future__ import annotations

from typing import Literal

import msgspec

from hourloom.accounts.model import LocalAccessDenied
from hourloom.accounts.service import Accounts
from hourloom.accounts.step_up import StepUp
from hourloom.core.actors import Actor
from hourloom.web.caller import Caller

LocalAccess = Literal["full", "ingest", "off"]

INGEST_SCOPES = frozenset({"heartbeats:write"})
LOCAL_SCOPES = frozenset({"heartbeats:write", "tracking:write", "settings:write", "activities:write"})
BROWSER_BUCKET = "web.tab.current"


class LocalAuthenticator:
    """Knows callers by their token, or by being the same user on the same computer."""

    def __init__(
        self,
        accounts: Accounts,
        owner: Actor,
        step_up: StepUp,
        *,
        own_uid: int | None,
        local_access: LocalAccess,
    ) -> None:
        self._accounts, self._owner, self._step_up = accounts, owner, step_up
        self._own_uid, self._local_access = own_uid, local_access
        self._neighbour = self._acting(LOCAL_SCOPES)

    def by_token(self, token: str) -> Actor:
        return self._accounts.actor_of(token)

    def by_socket(self, caller: Caller) -> Actor | None:
        peer = caller.peer
        if peer is None or peer.kind != "unix" or caller.is_browser or caller.forwarded:
            return None
        return self._owner if self._own_uid is not None and peer.uid == self._own_uid else None

    def by_peer(self, caller: Caller, *, ingests: bool) -> Actor:
        if self._is_own_program(caller):
            return self._neighbour
        owner = self.by_socket(caller)
        if owner is not None:
            return owner
        reason = self._why_not(caller, ingests=ingests)
        if reason is not None:
            raise LocalAccessDenied(reason=reason)
        if caller.is_browser:
            return self._acting(INGEST_SCOPES, BROWSER_BUCKET)
        return self._acting(INGEST_SCOPES)

    def require_step_up(self, caller: Caller, who: Actor) -> None:
        self._step_up.require(caller, who)

    def _is_own_program(self, caller: Caller) -> bool:
        """Return whether this is a program of the same user on this computer, and not a browser."""
        peer = caller.peer
        return (
            self._local_access == "full"
            and peer is not None
            and peer.loopback
            and not caller.is_browser
            and not caller.forwarded
            and peer.uid == self._own_uid
            and self._own_uid is not None
        )

    def _why_not(self, caller: Caller, *, ingests: bool) -> str | None:
        """Return why a caller is not let in without a token, or None when they are."""
        uid = caller.peer.uid if caller.peer is not None and caller.peer.loopback else None
        reasons = [
            (self._local_access == "off", "access without one is switched off (local_access)"),
            (caller.peer is None or not caller.peer.loopback, "the request comes from another computer"),
            (caller.forwarded, "the request came through a proxy"),
            (uid not in (None, self._own_uid), "the program runs as another user"),
            (not ingests and caller.is_browser, "the request comes from a browser"),
            (not ingests and uid is None, "the program's user cannot be determined"),
            (
                not ingests and self._local_access == "ingest",
                "only recording is allowed without one (local_access)",
            ),
        ]
        return next((reason for applies, reason in reasons if applies), None)

    def _acting(self, scopes: frozenset[str], only_bucket_type: str | None = None) -> Actor:
        return msgspec.structs.replace(self._owner, scopes=scopes, only_bucket_type=only_bucket_type)
