"""The keys of the database over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.accounts.keys import KeyList, KeyRotation, Keys, RecoveryCode
from hourloom.accounts.model import WrapShown
from hourloom.core.actors import Actor
from hourloom.db.keys.tasks import Way
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "keys")

Words = Annotated[str, Meta(min_length=1, max_length=1024)]
WrapId = Annotated[str, Meta(min_length=1, max_length=32, pattern="^[0-9a-f]+$")]


class NewWrap(msgspec.Struct, forbid_unknown_fields=True):
    """A way to add; a passphrase comes with its words."""

    method: Way
    passphrase: Words | None = None

    def __repr__(self) -> str:
        return f"NewWrap(method={self.method!r})"


class GivenWords(msgspec.Struct, forbid_unknown_fields=True):
    """The words of a passphrase, where one is concerned."""

    passphrase: Words | None = None

    def __repr__(self) -> str:
        return "GivenWords(…)"


class KeysDone(msgspec.Struct):
    """It is done."""

    done: bool = True


@routes.on("GET", "/keys", scope="accounts:read")
def list_keys(keys: Keys, who: Actor) -> KeyList:
    """List the ways in which the database opens, without their secrets."""
    return keys.wraps(who)


@routes.on("POST", "/keys/wraps", scope="admin", mode=Mode.AWAITED, status=201, step_up=True)
async def add_wrap(keys: Keys, who: Actor, body: NewWrap) -> WrapShown:
    """Add a way to open the database."""
    return await keys.add(who, body.method, body.passphrase)


@routes.on("DELETE", "/keys/wraps/{wrap}", scope="admin", mode=Mode.AWAITED, step_up=True)
async def remove_wrap(keys: Keys, who: Actor, wrap: WrapId) -> KeysDone:
    """Remove a way to open the database; the last one besides the recovery code stays."""
    await keys.remove(who, wrap)
    return KeysDone()


@routes.on("POST", "/keys/wraps/{wrap}/rotation", scope="admin", mode=Mode.AWAITED, step_up=True)
async def rotate_wrap(keys: Keys, who: Actor, wrap: WrapId, body: GivenWords | None = None) -> WrapShown:
    """Put a new key, or the new words of a passphrase, in the place of one way's."""
    return await keys.rotate(who, wrap, body.passphrase if body else None)


@routes.on("POST", "/keys/rotation", scope="admin", mode=Mode.AWAITED, status=202, step_up=True)
async def rotate_data_key(keys: Keys, who: Actor, body: GivenWords | None = None) -> KeyRotation:
    """Encrypt the database with a new data key, while it runs; one with a passphrase needs its words here."""
    return await keys.rotate_data_key(who, body.passphrase if body else None)


@routes.on("POST", "/keys/recovery", scope="admin", mode=Mode.AWAITED, status=201, step_up=True)
async def renew_recovery(keys: Keys, who: Actor) -> RecoveryCode:
    """Make a new recovery code, told only in this answer; the one before works until it is acknowledged."""
    return await keys.renew_recovery(who)


@routes.on("POST", "/keys/recovery/acknowledgement", scope="admin", mode=Mode.AWAITED)
async def acknowledge_recovery(keys: Keys, who: Actor) -> KeysDone:
    """Say that the newest recovery code was noted down; older ones become useless."""
    await keys.acknowledge(who)
    return KeysDone()
