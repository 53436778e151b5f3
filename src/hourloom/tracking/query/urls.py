"""Take the URLs of browser events apart."""

from __future__ import annotations

import re
from urllib.parse import urlparse

from hourloom.tracking.query.deadline import NEVER, Deadline
from hourloom.tracking.query.events import Events, Json, Memo, Payload, with_payloads

_USUAL = re.compile(
    r"(https?)://([a-z0-9.:-]+)(/[!-\"$-:<->@-~]*)?()(?:\?([!-\"$-~]*))?(?:\#([!-~]*))?", re.ASCII
)
"""The URLs of nearly all pages; the general parser takes five times as long to come to the same."""


def split_url_events(events: Events, deadline: Deadline = NEVER) -> Events:
    """Add `$protocol`, `$domain`, `$path`, `$params`, `$options` and `$identifier` to events with a URL.

        https://www.example.com:8080/a;b?c=d#e
        $protocol https, $domain example.com:8080, $path /a, $params b, $options c=d, $identifier e

    A URL without a domain (`file:`, `about:`) has its protocol for one, so that they do not all
    become one nameless domain. What cannot be parsed is left as it is.
    """
    parts = Memo(_parts)
    payloads: dict[Payload, Payload] = {}
    for batch in deadline.parts(list({event[3]: None for event in events})):
        for payload in batch:
            payloads[payload] = payload if payload.split else _split(payload, parts)
    return with_payloads(events, payloads)


def _split(payload: Payload, parts: Memo[str, dict[str, Json]]) -> Payload:
    url = payload.data.get("url")
    if not isinstance(url, str):
        return payload
    split = payload.having(parts[url])
    split.split = True
    return split


def _parts(url: str) -> dict[str, Json]:
    usual = _USUAL.fullmatch(url)
    return _named(*usual.groups("")) if usual else _parsed(url)


def _parsed(url: str) -> dict[str, Json]:
    try:
        parsed = urlparse(url)
    except ValueError:
        return {}
    return _named(parsed.scheme, parsed.netloc, parsed.path, parsed.params, parsed.query, parsed.fragment)


def _named(scheme: str, netloc: str, path: str, params: str, query: str, fragment: str) -> dict[str, Json]:
    return {
        "$protocol": scheme,
        "$domain": netloc.removeprefix("www.") if netloc else scheme,
        "$path": path,
        "$params": params,
        "$options": query,
        "$identifier": fragment,
    }
