"""The one query parameter of the live addresses: `since`."""

from __future__ import annotations

from urllib.parse import parse_qs

from hourloom.core.errors import Invalid
from hourloom.web.caller import Scope


class NotAPlace(Invalid):
    """The place to go on from must be a sequence number, not '{text}'."""


class TooManyWords(Invalid):
    """The query of this address has one word, `since`."""


def since_in(scope: Scope) -> int | None:
    """Return the sequence number to go on after, None where the query names none."""
    raw: bytes = scope.get("query_string", b"")
    try:
        given = parse_qs(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=10) if raw else {}
    except ValueError:
        raise TooManyWords from None
    return place_in(given["since"][-1]) if "since" in given else None


def place_in(text: str) -> int:
    """Read a sequence number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotAPlace(text=text[:40])
    return int(text)
