"""The family of errors that Hourloom raises: each class's docstring is its message."""

from __future__ import annotations

from typing import ClassVar


class HourloomError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"

    def __init_subclass__(cls) -> None:
        """Derive the stable code from the class name unless the class states one."""
        if "code" not in cls.__dict__:
            words = "".join("_" + c.lower() if c.isupper() else c for c in cls.__name__)
            cls.code = words.lstrip("_")

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """Return the docstring's first paragraph with the fields filled in."""
        paragraph = (type(self).__doc__ or "").strip().split("\n\n")[0]
        return " ".join(paragraph.split()).format_map(self.fields)


class Invalid(HourloomError):
    """The request is not valid: {reason}."""


class NotFound(HourloomError):
    """There is no such thing."""


class Gone(HourloomError):
    """It existed once and is no longer available."""


class Conflict(HourloomError):
    """The request conflicts with what is stored."""


class Unauthenticated(HourloomError):
    """A valid token is needed."""


class Forbidden(HourloomError):
    """The token does not allow this."""


class TooLarge(HourloomError):
    """The request is larger than allowed."""


class TooMany(HourloomError):
    """Too many requests; try again later."""


class Unavailable(HourloomError):
    """The service cannot answer right now; try again later."""


class StorageFull(HourloomError):
    """The disk is full; free some space and try again."""


class TimedOut(HourloomError):
    """It took too long."""


class Refused(HourloomError):
    """The program cannot go on: {reason}."""
