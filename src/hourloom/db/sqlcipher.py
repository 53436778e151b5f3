"""SQLite with SQLCipher; whoever opens files takes the driver from here, where its cipher is chosen."""

from __future__ import annotations

from contextlib import closing

import sqlcipher3.dbapi2 as driver

__all__ = ["TAG", "driver"]

TAG = "sha256"
"""The digest behind the tag that authenticates each page.

Processors have instructions for this one: a page is read in two thirds of the time that the library's
own choice, SHA-512, takes, and the tag is half as long.
"""

# The choice holds for all files that this process opens or makes, attached ones included.
with closing(driver.connect(":memory:")) as _nothing:
    _nothing.execute("PRAGMA cipher_default_hmac_algorithm = HMAC_SHA256")
