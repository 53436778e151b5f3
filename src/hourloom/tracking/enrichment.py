"""Enrichment: the traits of a payload, known once for all events that have it; the data stay as they were."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from hourloom.core.apps import LONGEST_NAME, app_identity, forget_names, is_private
from hourloom.core.urls import host_of

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

LONGEST_DOMAIN = 253
_decode = msgspec.json.Decoder(dict[str, object]).decode


class Traits(msgspec.Struct, frozen=True):
    """What is known of a payload besides what it says."""

    app: str = ""
    """One word for the program, whatever its window system calls it."""
    domain: str = ""
    """The registrable domain of its URL: `bbc.co.uk` of `https://news.bbc.co.uk/x`."""
    private: bool = False
    """Whether it comes from a private window."""


def traits_of(data: Mapping[str, object]) -> Traits:
    """Return the traits of a payload.

    {"app": "firefox-esr", "title": "…"}            has  app firefox
    {"url": "https://news.bbc.co.uk/x", …}          has  domain bbc.co.uk
    """
    name, url = _first(data, ("app", "package", "editor")), data.get("url")
    domain = registrable(host_of(url)) if isinstance(url, str) and url else ""
    return Traits(app_identity(name) if name else "", domain, is_private(data))


def traits_of_text(body: str) -> Traits:
    """Return the traits of a payload given as JSON."""
    return traits_of(_decode(body))


def traits_row(payload: int, body: str) -> tuple[int, str, str, int]:
    """Return the traits of a payload as they are stored."""
    traits = traits_of_text(body)
    return payload, traits.app, traits.domain, int(traits.private)


@lru_cache(maxsize=2_048)
def registrable(host: str) -> str:
    """Return the part of a host that somebody registered; the host itself where nobody can."""
    if not host or len(host) > LONGEST_DOMAIN:
        return ""
    if "." not in host or _is_address(host):
        return host
    return _suffixes().privatesuffix(host) or host


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    # Read when the first URL comes: 2.5 MiB that a server without a browser never needs.
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415

    return PublicSuffixList()


def forget_texts() -> None:
    """Drop the names that were looked up: some were erased."""
    registrable.cache_clear()
    forget_names()


def _first(data: Mapping[str, object], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = data.get(key)
        if isinstance(value, str) and value:
            return value[:LONGEST_NAME]
    return ""


def _is_address(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdecimal()
