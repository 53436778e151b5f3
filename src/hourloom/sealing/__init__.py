"""Files that only a passphrase, a recovery code or the data key opens, and that tell of every change."""
