"""A passphrase made into a key-encryption key by argon2id, one at a time because each takes 64 MiB."""

from __future__ import annotations

import threading
import unicodedata

from hourloom.db.keys.errors import PassphraseTooShort

LEAST_CHARACTERS = 8

MEMORY_KIB = 64 * 1024
ITERATIONS = 3
PARALLELISM = 4

_MOST = {"memory_kib": 1024 * 1024, "iterations": 32, "parallelism": 16}
_one_at_a_time = threading.Lock()


def parameters(salt: bytes) -> dict[str, int | str]:
    """Return what a new passphrase wrap records, so that later versions may ask more of new ones."""
    return {
        "kdf": "argon2id",
        "memory_kib": MEMORY_KIB,
        "iterations": ITERATIONS,
        "parallelism": PARALLELISM,
        "salt": salt.hex(),
    }


def check_strength(passphrase: str) -> None:
    """Refuse a passphrase that is too short to be worth its name."""
    if len(passphrase.strip()) < LEAST_CHARACTERS:
        raise PassphraseTooShort(least=LEAST_CHARACTERS)


def acceptable(recorded: dict[str, int | str]) -> bool:
    """Tell whether recorded parameters are ones this program would ever spend memory on."""
    numbers = {name: recorded.get(name) for name in _MOST}
    return recorded.get("kdf") == "argon2id" and all(
        isinstance(number, int) and 1 <= number <= _MOST[name] for name, number in numbers.items()
    )


def key_encryption_key(passphrase: str, recorded: dict[str, int | str]) -> bytes:
    """Derive the key-encryption key with the parameters that its wrap records."""
    from argon2.low_level import Type, hash_secret_raw  # noqa: PLC0415 - 17 ms, only for a passphrase

    # Keyboards compose accents differently; the same words must give the same key on all of them.
    secret = unicodedata.normalize("NFKC", passphrase).encode()
    with _one_at_a_time:
        return hash_secret_raw(
            secret,
            bytes.fromhex(str(recorded["salt"])),
            time_cost=int(recorded["iterations"]),
            memory_cost=int(recorded["memory_kib"]),
            parallelism=int(recorded["parallelism"]),
            hash_len=32,
            type=Type.ID,
        )
