"""AES-256-GCM: from the OpenSSL that Python itself has loaded, else from the package cryptography.

The device program runs all day in few MiB, and `cryptography` alone costs 8 of them. Python's `ssl`, which
HTTP needs anyway, has brought the same cipher along. Where its functions cannot be found, or do not give what
they should, the package is used: what one has sealed the other opens.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any, Protocol, cast

KEY, NONCE, TAG = 32, 12, 16
_GET_TAG, _SET_TAG = 0x10, 0x11
_KNOWN = bytes.fromhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
"""What 16 zeros become with a key and a nonce of zeros: test case 14 of the cipher's authors."""


Function = Callable[..., int]


class Unreadable(ValueError):
    """The record was changed, or belongs elsewhere."""


class Cipher(Protocol):
    """Seals and opens with one key; a nonce is used once."""

    def sealed(self, nonce: bytes, body: bytes, place: bytes) -> bytes:
        """Return a body encrypted, with a tag that vouches for it and its place."""
        ...

    def opened(self, nonce: bytes, sealed: bytes, place: bytes) -> bytes:
        """Return the body; raises Unreadable."""
        ...


def cipher_for(key: bytes) -> Cipher:
    """Return the cipher that costs least here."""
    try:
        known = OpenSsl(bytes(KEY))
        if known.sealed(bytes(NONCE), bytes(16), b"") == _KNOWN:
            return OpenSsl(key)
    except (ImportError, OSError, AttributeError, RuntimeError):
        pass
    return Package(key)


class Package:
    """The package cryptography."""

    def __init__(self, key: bytes) -> None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - used where nothing cheaper is
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        self._cipher, self._invalid = AESGCM(key), InvalidTag

    def sealed(self, nonce: bytes, body: bytes, place: bytes) -> bytes:
        """Return a body encrypted."""
        return self._cipher.encrypt(nonce, body, place)

    def opened(self, nonce: bytes, sealed: bytes, place: bytes) -> bytes:
        """Return the body."""
        try:
            return self._cipher.decrypt(nonce, sealed, place)
        except (self._invalid, ValueError):
            raise Unreadable from None


class OpenSsl:
    """The library that Python's module ssl is linked with; raises OSError and others where there is none."""

    def __init__(self, key: bytes) -> None:
        if sys.platform != "linux" or len(key) != KEY:
            raise OSError
        import _ssl  # noqa: PLC0415 - Linux

        # Its symbols are found through the module that depends on it.
        library = ctypes.CDLL(_ssl.__file__)
        pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
        self._new = _typed(library.EVP_CIPHER_CTX_new, pointer)
        self._free = _typed(library.EVP_CIPHER_CTX_free, None, pointer)
        self._control = _typed(library.EVP_CIPHER_CTX_ctrl, number, pointer, number, number, pointer)
        written = ctypes.POINTER(number)
        start = pointer, pointer, pointer, text, text
        go_on, end = (pointer, text, written, text, number), (pointer, text, written)
        self._encrypting = (
            _typed(library.EVP_EncryptInit_ex, number, *start),
            _typed(library.EVP_EncryptUpdate, number, *go_on),
            _typed(library.EVP_EncryptFinal_ex, number, *end),
        )
        self._decrypting = (
            _typed(library.EVP_DecryptInit_ex, number, *start),
            _typed(library.EVP_DecryptUpdate, number, *go_on),
            _typed(library.EVP_DecryptFinal_ex, number, *end),
        )
        self._aes = _typed(library.EVP_aes_256_gcm, pointer)()
        self._key = key

    def sealed(self, nonce: bytes, body: bytes, place: bytes) -> bytes:
        """Return a body encrypted."""
        context = self._new()
        try:
            encrypted = self._run(self._encrypting, context, nonce, body, place, b"")
            tag = ctypes.create_string_buffer(TAG)
            if encrypted is None or self._control(context, _GET_TAG, TAG, ctypes.addressof(tag)) != 1:
                raise RuntimeError
            return encrypted + tag.raw
        finally:
            self._free(context)

    def opened(self, nonce: bytes, sealed: bytes, place: bytes) -> bytes:
        """Return the body."""
        if len(sealed) < TAG:
            raise Unreadable
        context = self._new()
        try:
            body = self._run(self._decrypting, context, nonce, sealed[:-TAG], place, sealed[-TAG:])
        finally:
            self._free(context)
        if body is None:
            raise Unreadable
        return body

    def _run(
        self, steps: tuple[Function, ...], context: int, nonce: bytes, body: bytes, place: bytes, tag: bytes
    ) -> bytes | None:
        """Pass a body through; None when the tag does not fit."""
        start, go_on, end = steps
        if len(nonce) != NONCE or not context:
            raise RuntimeError
        length, out = ctypes.c_int(0), ctypes.create_string_buffer(len(body) + TAG)
        done = start(context, self._aes, None, self._key, nonce) == 1
        done = done and go_on(context, None, length, place, len(place)) == 1
        done = done and go_on(context, out, length, body, len(body)) == 1
        written = length.value
        if not done:
            raise RuntimeError
        if tag:
            held = ctypes.create_string_buffer(tag, TAG)
            if self._control(context, _SET_TAG, TAG, ctypes.addressof(held)) != 1:
                raise RuntimeError
        # In this mode nothing more is written in the end; it is where the tag is made or checked.
        if end(context, ctypes.create_string_buffer(TAG), length) != 1:
            return None
        return out.raw[:written]


def _typed(function: Any, result: object, *arguments: object) -> Function:
    function.restype, function.argtypes = result, arguments
    return cast("Function", function)
