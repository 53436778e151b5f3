"""What of a payload outlives its title: the app, the site, the status, and nothing that tells of content."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from hourloom.core import strict_json
from hourloom.core.urls import domain_of, site_of

__all__ = ["KEPT", "domain_of", "reduced", "reduced_text", "site_of"]

KEPT: dict[str, frozenset[str]] = {
    "currentwindow": frozenset({"app", "package"}),
    "web.tab.current": frozenset({"url"}),
    "afkstatus": frozenset({"status"}),
    "app.editor.activity": frozenset({"editor", "language"}),
    "app.editor.beat": frozenset({"app", "url", "language", "operating_system", "category", "type"}),
    "app.editor.elsewhere": frozenset({"type", "category"}),
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
