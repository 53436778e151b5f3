"""The forms in which editors' plug-ins show their key: none of them has a form of its own for it."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qsl

from hourloom.core.errors import Unauthenticated
from hourloom.web.caller import Caller

KEY_IN_ADDRESS = b"api_key="
PREFIX = "waka_"
LONGEST = 400
_MOST_FIELDS = 50
_KEY = re.compile(r"[A-Za-z0-9_-]{16,200}")


def key_of(caller: Caller, query: bytes) -> str | None:
    """Return the key that a caller shows, or None where none is shown.

    Authorization: Basic base64(KEY)          the command line programs
    Authorization: Basic base64(KEY:)         also USER:KEY
    Authorization: Bearer KEY                 or base64(KEY), and Basic KEY
    ?api_key=KEY                              browsers
    """
    if caller.authorization is not None:
        return _of_header(caller.authorization)
    if KEY_IN_ADDRESS in query:
        return _of_address(query)
    return None


def _of_header(authorization: str) -> str:
    scheme, _, shown = authorization.partition(" ")
    shown = shown.strip()
    if scheme.lower() not in ("basic", "bearer") or not shown or len(shown) > LONGEST:
        raise Unauthenticated
    plain = _decoded(shown)
    # Either way a key may itself look like base64, so what was decoded counts only if it can be a key.
    for written in (plain, shown):
        if written is not None and (key := _key_in(written)) is not None:
            return key
    raise Unauthenticated


def _of_address(query: bytes) -> str:
    try:
        fields = dict(parse_qsl(query.decode("ascii"), max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise Unauthenticated from None
    key = _key_in(fields.get("api_key", ""))
    if key is None:
        raise Unauthenticated
    return key


def _decoded(shown: str) -> str | None:
    try:
        return base64.b64decode(shown + "=" * (-len(shown) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None


def _key_in(written: str) -> str | None:
    """Return the key among what was written, which may have a name before it or a colon behind it."""
    name, colon, key = written.strip().partition(":")
    found = (key if colon and key else name).strip().removeprefix(PREFIX)
    return found if _KEY.fullmatch(found) else None
