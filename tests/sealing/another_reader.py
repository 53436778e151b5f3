"""Opens sealed files as docs/sealed-files.md describes them, with nothing of Hourloom's own."""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
import unicodedata
from base64 import b64decode
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def read(whole: bytes, *, passphrase: str | None = None, recovery_code: str | None = None) -> bytes:
    """Return what is in a sealed file."""
    mark, version, length = struct.unpack(">16sHI", whole[:22])
    assert (mark, version) == (b"hourloom-sealed\n", 1)
    body, digest = whole[22 : 22 + length], whole[22 + length : 54 + length]
    assert hashlib.sha256(whole[: 22 + length]).digest() == digest
    kind, key_id, chunk_bytes, salt, check, _ = struct.unpack(">8s16sI32s32sI", body[:96])
    keys = json.loads(body[96:])
    data_key = unwrapped(keys, key_id.hex(), passphrase, recovery_code)
    said = b"hourloom sealed 1 " + kind.rstrip(b"\0")
    both = hkdf(data_key, salt, said, 64)
    assert hmac.compare_digest(both[32:], check)
    return b"".join(chunks(whole[54 + length :], AESGCM(both[:32]), digest, chunk_bytes))


def chunks(rest: bytes, cipher: AESGCM, digest: bytes, chunk_bytes: int) -> list[bytes]:
    found: list[bytes] = []
    final = False
    while not final:
        (head,) = struct.unpack(">I", rest[:4])
        final, size = bool(head >> 31), head & 0x7FFFFFFF
        assert size == chunk_bytes or (final and size < chunk_bytes)
        nonce = len(found).to_bytes(12, "big")
        bound = struct.pack(">32sQB", digest, len(found), final)
        found.append(cipher.decrypt(nonce, rest[4 : 20 + size], bound))
        rest = rest[20 + size :]
    assert rest == b""
    return found


def hkdf(key: bytes, salt: bytes, said: bytes, length: int) -> bytes:
    """Derive bytes as RFC 5869 says, with SHA-256."""
    secret = hmac.digest(salt, key, "sha256")
    out = block = b""
    while len(out) < length:
        block = hmac.digest(secret, block + said + bytes([len(out) // 32 + 1]), "sha256")
        out += block
    return out[:length]


def unwrapped(keys: dict[str, Any], key_id: str, passphrase: str | None, code: str | None) -> bytes:
    """Return the data key from the wrap that these words open."""
    method = "recovery" if passphrase is None else "passphrase"
    wrap = next(w for w in keys["wraps"] if (w["key_id"], w["method"]) == (key_id, method))
    said = wrap["parameters"]
    salt = bytes.fromhex(said["salt"])
    if passphrase is None:
        assert code is not None
        key = hashlib.blake2b(secret_of(code), digest_size=32, salt=salt, person=b"hourloom-recover").digest()
    else:
        words = unicodedata.normalize("NFKC", passphrase).encode()
        costs = said["iterations"], said["memory_kib"], said["parallelism"]
        key = hash_secret_raw(words, salt, *costs, hash_len=32, type=Type.ID)
    names = ("id", "key_id", "method", "created_at")
    bound = [1, keys["database_id"], *(wrap[name] for name in names), said]
    bound_as_json = json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return AESGCM(key).decrypt(b64decode(wrap["nonce"]), b64decode(wrap["sealed"]), bound_as_json)


def secret_of(code: str) -> bytes:
    """Return the 160 bits of a recovery code: four symbols of five bits in each group, and one to check."""
    bits = 0
    for group in code.split("-"):
        for symbol in group[:4]:
            bits = bits << 5 | ALPHABET.index(symbol)
    return bits.to_bytes(20, "big")
