"""From moments to stretches of time: the rule by which beats are joined, and what may be told of them.

    beats      A    A        B  B                 B
    timeout    ......... each
    spans      |AAAAAAAAAAAAA|BB|                 |
                                 silence           the last beat of a run adds nothing

The time between two beats that are nearer than the timeout belongs to the first of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, overload

from hourloom.core.clock import Duration, Instant

Key = TypeVar("Key", bound=Hashable)
Other = TypeVar("Other", bound=Hashable)

_NONE = object()


class Span(NamedTuple, Generic[Key]):
    """A stretch of time in an editor that belongs to one key."""

    start: Instant
    length: Duration
    key: Key

    @property
    def end(self) -> int:
        """Return where it ends."""
        return self.start + self.length


def joined(beats: Iterable[tuple[int, Key]], timeout: int) -> list[Span[Key]]:
    """Join the beats of one day, in order, to spans.

    A beat within the timeout prolongs the span before it, whose key may differ; another key, or more
    silence, opens a span at the beat.
    """
    spans: list[Span[Key]] = []
    begun = last = 0
    open_key: Any = _NONE
    for at, key in beats:
        if open_key is _NONE:
            begun, open_key = at, key
        elif at - last >= timeout:
            spans.append(Span(Instant(begun), Duration(last - begun), open_key))
            begun, open_key = at, key
        elif key != open_key:
            spans.append(Span(Instant(begun), Duration(at - begun), open_key))
            begun, open_key = at, key
        last = at
    if open_key is not _NONE:
        spans.append(Span(Instant(begun), Duration(last - begun), open_key))
    return spans


def coarser(spans: Sequence[Span[Key]], key_of: Callable[[Key], Other]) -> list[Span[Other]]:
    """Return the spans by a key that tells less: those that touch and are the same by it are one.

    It is what joining the same beats by that key would have given.
    """
    found: list[Span[Other]] = []
    for span in spans:
        key = key_of(span.key)
        if found and found[-1].key == key and found[-1].end == span.start:
            before = found.pop()
            found.append(Span(before.start, Duration(before.length + span.length), key))
        else:
            found.append(Span(span.start, span.length, key))
    return found


class PackedSpans(Sequence[Span[Key]]):
    """Spans that are kept for long, in a fifth of the memory."""

    def __init__(self, spans: Sequence[Span[Key]]) -> None:
        self._starts = array("q", (span.start for span in spans))
        self._lengths = array("q", (span.length for span in spans))
        self._keys = tuple(span.key for span in spans)

    def __iter__(self) -> Iterator[Span[Key]]:
        return map(Span, self._starts, self._lengths, self._keys)  # type: ignore[arg-type]  # instants as numbers

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, place: int) -> Span[Key]: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Span[Key]]: ...

    def __getitem__(self, place: int | slice) -> Span[Key] | Sequence[Span[Key]]:
        if isinstance(place, slice):
            return list(self)[place]
        return Span(Instant(self._starts[place]), Duration(self._lengths[place]), self._keys[place])


def total(spans: Iterable[Span[Key]]) -> Duration:
    """Return the length of all spans together."""
    return Duration(sum(span.length for span in spans))
