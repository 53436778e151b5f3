"""What of a payload outlives its title: the app, the site, the status, and nothing that tells of content."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from hourloom.core import strict_json

KEPT: dict[str, frozenset[str]] = {
    "currentwindow": frozenset({"app", "package"}),
    "web.tab.current": frozenset({"url"}),
    "afkstatus": frozenset({"status"}),
    "app.editor.activity": frozenset({"editor", "language"}),
    "general.stopwatch": frozenset({"running"}),
}
"""The keys that stay, by the type of the bucket; of a URL only its site."""

KEPT_OF_OTHERS = frozenset({"app", "package", "status", "url"})
"""The keys that stay in buckets of a type that is not known here."""

LONGEST = 200
"""A name that is longer is no name."""

Scalars = dict[str, str | int | float | bool]
_decode = msgspec.json.Decoder(dict[str, object]).decode


def reduced(bucket_type: str, data: Mapping[str, object]) -> Scalars:
    """Return what stays of a payload; reducing it again changes nothing.

    {"app": "firefox", "title": "My bank"}                 becomes  {"app": "firefox"}
    {"url": "https://bank.example/x?y=1", "title": "…"}    becomes  {"url": "https://bank.example/"}
    """
    kept: Scalars = {}
    for key in KEPT.get(bucket_type, KEPT_OF_OTHERS):
        value = data.get(key)
        if key == "url":
            value = site_of(value) if isinstance(value, str) else None
        if isinstance(value, str | int | float) and len(str(value)) <= LONGEST:
            kept[key] = value
    return kept


@lru_cache(maxsize=4_096)
def reduced_text(bucket_type: str, text: str) -> str:
    """Return what stays of a payload given as canonical JSON, in the same form."""
    return strict_json.canonical(reduced(bucket_type, _decode(text)))


def site_of(url: str) -> str | None:
    """Return scheme and host of a URL as a URL; only the scheme where there is no host.

    https://me:secret@host.example:8080/path  becomes  https://host.example:8080/
    file:///home/me/diary.odt                 becomes  file:
    """
    scheme, domain = _parts(url)
    if not scheme:
        return None
    return f"{scheme}://{domain}/" if domain else f"{scheme}:"


def domain_of(url: str) -> str:
    """Return the host of a URL, with its port; nothing where there is none."""
    return _parts(url)[1]


def _parts(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        scheme = parts.scheme if url[: len(parts.scheme) + 1].lower() == f"{parts.scheme}:" else ""
        host = parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return "", ""
    return scheme, host if scheme and scheme not in _WITHOUT_HOST else ""


_WITHOUT_HOST = frozenset({"file", "data", "javascript", "blob", "about", "view-source"})
