"""Read what subjects are about, many at once: from numbers to words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from hourloom.activities import store
from hourloom.activities.model.subject import NOTHING, Description, Subject
from hourloom.core.urls import host_of
from hourloom.db.transaction import Transaction
from hourloom.tracking.enrichment import Traits, traits_of_text

LONGEST = 2_000
"""Characters of a title, a URL, a path or a name that are looked at."""
MOST_ORIGINS = 2_000
LONGEST_ORIGIN = 300


class Texts(msgspec.Struct):
    """What a payload says, as watchers of windows, browsers and editors name it."""

    app: str = ""
    title: str = ""
    url: str = ""
    package: str = ""
    editor: str = ""
    file: str = ""
    entity: str = ""
    project: str = ""
    language: str = ""
    audible: bool = False


class Part(msgspec.Struct, frozen=True):
    """A payload with its traits."""

    texts: Texts
    traits: Traits


_decode = msgspec.json.Decoder(Texts).decode
_decode_any = msgspec.json.Decoder(dict[str, object]).decode
_EMPTY = Part(Texts(), Traits())
_origins: dict[str, str] = {}


def described(
    tx: Transaction, subjects: Iterable[Subject], devices: Mapping[int, str]
) -> dict[Subject, Description]:
    """Return subjects in words; what is not recorded any more says nothing."""
    wanted = list(subjects)
    numbers = {n for subject in wanted for n in (subject.window, subject.detail)} - {NOTHING}
    parts = {NOTHING: _EMPTY} | parts_of(tx, numbers)
    return {
        subject: description(
            parts.get(subject.window, _EMPTY),
            parts.get(subject.detail, _EMPTY),
            devices.get(subject.device, ""),
        )
        for subject in wanted
    }


def parts_of(tx: Transaction, numbers: Iterable[int]) -> dict[int, Part]:
    """Return payloads by their numbers."""
    return {
        number: Part(_texts_of(body), _traits(app, domain, private, body))  # type: ignore[arg-type, misc]
        for number, app, domain, private, body in store.payload_texts(tx, sorted(numbers))
    }


def description(window: Part, detail: Part, device: str) -> Description:
    """Return a subject in words: of the window the program, of what was open in it all else."""
    outer, inner = window.texts, detail.texts
    url = (inner.url or outer.url)[:LONGEST]
    file = inner.file or inner.entity or outer.file or outer.entity
    host, path = place_of(url) if url else ("", "")
    app_name = outer.app or outer.package or inner.app or inner.package or inner.editor or outer.editor
    return Description(
        device,
        window.traits.app or detail.traits.app,
        app_name[:LONGEST],
        (inner.title or outer.title or inner.file or inner.entity)[:LONGEST],
        url,
        detail.traits.domain or window.traits.domain,
        host,
        path or file[:LONGEST],
        (inner.project or outer.project)[:LONGEST],
        (inner.language or outer.language)[:LONGEST],
        inner.audible or outer.audible,
        detail.traits.private or window.traits.private,
    )


def place_of(url: str) -> tuple[str, str]:
    """Return host and path of a URL.

    https://news.bbc.co.uk/world?page=2   is   news.bbc.co.uk, /world
    """
    scheme, slashes, rest = url.partition("://")
    if not slashes or not scheme.isalnum():
        return host_of(url), ""
    authority, slash, path = rest.partition("/")
    if "?" in authority or "#" in authority or "\\" in authority:
        return host_of(url), ""
    path = slash + path.partition("?")[0].partition("#")[0]
    origin = f"{scheme}://{authority}/"
    host = _origins.get(origin)
    if host is None:
        host = host_of(origin)
        if len(origin) <= LONGEST_ORIGIN:
            if len(_origins) >= MOST_ORIGINS:
                _origins.clear()
            _origins[origin] = host
    return host, path


def forget_texts() -> None:
    """Drop the hosts that were looked up: some were erased."""
    _origins.clear()


def _texts_of(body: str) -> Texts:
    try:
        return _decode(body)
    except (msgspec.DecodeError, RecursionError):
        return _lenient(body)


def _lenient(body: str) -> Texts:
    """Read what some watcher wrote in another shape: each field for itself."""
    data = _decode_any(body)
    found = Texts()
    for name in Texts.__struct_fields__:
        value = data.get(name)
        if isinstance(value, type(getattr(found, name))):
            setattr(found, name, value)
    return found


def _traits(app: str | None, domain: str | None, private: int | None, body: str) -> Traits:
    if app is None:
        return traits_of_text(body)
    return Traits(app, domain or "", bool(private))
