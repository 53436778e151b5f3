"""Applies the user's privacy rules before anything is put into the queue."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from hourloom.core.clock import Instant
from hourloom.core.days import SYSTEM, zone_of
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.device.ports import Json

if TYPE_CHECKING:
    from datetime import tzinfo

    from hourloom.core.privacy import Ruleset

log = logging.getLogger(__name__)

FILE = "privacy-rules.json"


class _Written(msgspec.Struct):
    zone: str = SYSTEM
    rules: list[msgspec.Raw] = []


class Rules:
    """The rules as the server told them last; they are kept for a start without it."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / FILE
        self._set: Ruleset | None = None
        self._zone: tzinfo | None = None
        with contextlib.suppress(OSError):
            self._use(self._file.read_bytes())

    def learn(self, written: bytes) -> None:
        """Take new rules, as the server wrote them."""
        if self._use(written):
            with contextlib.suppress(OSError):
                # Written aside: rules cut off by a crash would hide nothing at the next start.
                aside = self._file.with_suffix(".new")
                descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(written)
                    file.flush()
                    os.fsync(descriptor)
                aside.replace(self._file)

    def apply(
        self, bucket_type: str, data: Mapping[str, Json], start: Instant, end: Instant
    ) -> Mapping[str, Json] | None:
        """Return what may be stored, or None where nothing may be."""
        rules, zone = self._set, self._zone
        if rules is None or zone is None:
            return data
        from hourloom.core.privacy import apply  # noqa: PLC0415 - loaded with the rules

        found = apply(rules, bucket_type, data, start, zone, end)
        return cast("Mapping[str, Json] | None", found)

    def _use(self, written: bytes) -> bool:
        """Make rules ready; faulty ones change nothing."""
        try:
            found = decode(written, _Written)
            if not found.rules:
                self._set = None
                return True
            # What it takes to apply rules is loaded only where there are some.
            from hourloom.core.privacy import PrivacyRule, Ruleset  # noqa: PLC0415 - as above

            rules = [decode(each, PrivacyRule) for each in found.rules]
            self._zone = zone_of(found.zone)
            self._set = Ruleset(rules)
        except (msgspec.MsgspecError, UnicodeDecodeError, HourloomError):
            log.warning("the server's privacy rules cannot be read; those of before go on to count")
            return False
        return True
