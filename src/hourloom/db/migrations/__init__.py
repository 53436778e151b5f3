"""The steps of the schema, one file each, applied in order."""
