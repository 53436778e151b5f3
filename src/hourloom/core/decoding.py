"""JSON and plain values to typed ones, whichever thread asks first.

msgspec prepares a type when it is first decoded, and two threads that prepare one type at the same time end
the interpreter. So types are prepared here, one after another.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar, overload

import msgspec

Value = TypeVar("Value")

_decoders: dict[tuple[object, bool], msgspec.json.Decoder[Any]] = {}
_preparing = threading.Lock()


@overload
def decoder_of(kind: type[Value], *, strict: bool = True) -> msgspec.json.Decoder[Value]: ...


@overload
def decoder_of(kind: Any, *, strict: bool = True) -> msgspec.json.Decoder[Any]: ...


def decoder_of(kind: Any, *, strict: bool = True) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a type; the same one each time."""
    found = _decoders.get((kind, strict))
    if found is None:
        with _preparing:
            found = _decoders.setdefault((kind, strict), msgspec.json.Decoder(kind, strict=strict))
    return found


@overload
def decode(raw: bytes | bytearray | memoryview | str, kind: type[Value], *, strict: bool = True) -> Value: ...


@overload
def decode(raw: bytes | bytearray | memoryview | str, kind: Any = object, *, strict: bool = True) -> Any: ...


def decode(raw: bytes | bytearray | memoryview | str, kind: Any = object, *, strict: bool = True) -> Any:
    """Decode JSON; raises msgspec.DecodeError if it is none or not of that type."""
    return decoder_of(kind, strict=strict).decode(raw)


@overload
def convert(value: object, kind: type[Value], *, strict: bool = True) -> Value: ...


@overload
def convert(value: object, kind: Any, *, strict: bool = True) -> Any: ...


def convert(value: object, kind: Any, *, strict: bool = True) -> Any:
    """Convert plain values to a type; raises msgspec.ValidationError if they are not of it."""
    decoder_of(kind, strict=strict)
    return msgspec.convert(value, kind, strict=strict)
