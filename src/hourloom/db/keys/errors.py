"""What can go wrong with keys: one class and one sentence for each."""

from __future__ import annotations

from hourloom.core.errors import Conflict, Invalid, NotFound, Refused, StorageFull


def reason_of(error: OSError) -> str:
    """Return the operating system's reason in its own words, without the path."""
    return (error.strerror or type(error).__name__).lower()


class KeysMissing(Refused):
    """{database} is encrypted, but {keys} with its keys is missing; put it back{hint}."""


class KeysDamaged(Refused):
    """{path} is damaged ({reason}); put back an undamaged copy{hint}."""


class KeysTooLarge(Refused):
    """{path} is larger than 1 MiB, so it holds no wrapped keys; put back the right file{hint}."""


class KeysForeign(Refused):
    """{path} was not written by Hourloom; put back the right file{hint}."""


class KeysTooNew(Refused):
    """{path} was written by a newer Hourloom (format {format}); update Hourloom to open this database."""


class KeysOfAnotherDatabase(Refused):
    """{keys} does not belong to {database}, or that is damaged; `hourloom doctor` says which{hint}."""


class KeysNotRead(Refused):
    """{path} cannot be read: {reason}."""


class KeysNotWritten(Refused):
    """{path} cannot be written: {reason}."""


class KeyFileMissing(Refused):
    """The key file {path} is missing; put it back, or run `hourloom keys recovery`."""


class KeyFileExposed(Refused):
    """Other users of this computer may read the key file {path}; run `chmod 600` on it."""


class KeyFileDamaged(Refused):
    """{path} is not a key file; put the right one back, or run `hourloom keys recovery`."""


class WrongKey(Refused):
    """The key in {place} is not this database's; put the right one back, or run `hourloom keys recovery`."""


class KeychainUnavailable(Refused):
    """This computer has no keychain that Hourloom can use."""


class KeychainSilent(Refused):
    """The keychain {reason}; unlock it and start again, or run `hourloom keys recovery`."""


class KeychainLost(Refused):
    """The key was in {backend}, which {reason}; enter your recovery code: `hourloom keys recovery`."""


class PassphraseNeeded(Refused):
    """This database opens with a passphrase; start Hourloom where it can ask for it."""


class WordsNeeded(Invalid):
    """This needs {which} passphrase of the database."""


class PassphraseTooShort(Invalid):
    """A passphrase needs at least {least} characters."""


class WrongPassphrase(Invalid):
    """That is not the passphrase of this database."""


class RecoveryCodeIncomplete(Invalid):
    """A recovery code has {expected} letters and digits, this one has {found}."""


class RecoveryCodeMistyped(Invalid):
    """Group {group} of the recovery code ('{text}') is mistyped."""


class WrongRecoveryCode(Invalid):
    """That is not the recovery code of this database."""


class NotUnlocked(Conflict):
    """{database} is not encrypted, so it has no keys to change."""


class NoSuchWrap(NotFound):
    """There is no key '{id}'; `hourloom keys list` shows them."""


class WrapExists(Conflict):
    """This database already opens with a {method}; remove that one first."""


class LastWrap(Conflict):
    """This is the last key besides the recovery code; add another before you remove it."""


class RecoveryIsRenewed(Conflict):
    """'{id}' is the recovery code; `hourloom keys recovery` makes a new one."""


class KeyFileOfTheOperator(Conflict):
    """The key file {path} is your own; remove this way, put another file in its place and add it again."""


class KeysChanging(Conflict):
    """The data key of this database is being exchanged; change its keys when that is done."""


class LastRecovery(Conflict):
    """A database always keeps a recovery code; `hourloom keys recovery` makes a new one in its place."""


class DatabaseUnreadable(Refused):
    """{database} does not open with its key, so it is damaged; `hourloom doctor --fix` saves the rest."""


class AlreadyEncrypted(Conflict):
    """{database} is encrypted already."""


class DatabaseMissing(NotFound):
    """There is no database at {database}."""


class DatabaseInUse(Conflict):
    """{database} is in use by another program; stop it first."""


class NoRoomToConvert(StorageFull):
    """Converting {database} needs {needed} MiB free beside it, and {free} MiB are free."""


class SchemaChanged(Conflict):
    """The tables of {database} were changed while it was copied; the database is unchanged."""


class CopyNotSound(Refused):
    """The converted copy of {database} is not sound ({reason}); the database is unchanged."""


class ConversionFailed(Refused):
    """{database} could not be converted ({reason}); the database is unchanged."""


class UnlockingFailed(Refused):
    """The program that unlocks the database ended without an answer ({reason})."""
