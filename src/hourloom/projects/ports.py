"""What features above say of what refers to projects and tags."""

from __future__ import annotations

from typing import Literal

import msgspec

Labelling = Literal["project", "tag"]


class Use(msgspec.Struct, frozen=True):
    """Something that refers to a project or a tag."""

    kind: str
    """What it is, in one word: `rule`."""
    id: int
    """Its number; 0 where it belongs to another user."""
    name: str
