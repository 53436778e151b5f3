"""Keychains that play the operating system's, as back ends of `keyring` itself."""

from __future__ import annotations

import time

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

HERE = "tests.db.keys.a_keychain"

SECRETS: dict[tuple[str, str], str] = {}


class Working(KeyringBackend):
    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return SECRETS.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        SECRETS[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del SECRETS[service, username]


class Forgetful(Working):
    def set_password(self, service: str, username: str, password: str) -> None:
        """Say yes and do nothing."""


class Locked(Working):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"canary {service} {username}")


class Hanging(Working):
    def get_password(self, service: str, username: str) -> str | None:
        time.sleep(30)
        return super().get_password(service, username)


class Broken(Working):
    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError(f"canary {service} {username}")


def named(*names: str) -> tuple[str, ...]:
    return tuple(f"{HERE}.{name}" for name in names)
