"""The keys of an encrypted database: how the data key is wrapped, kept, found again and changed."""
