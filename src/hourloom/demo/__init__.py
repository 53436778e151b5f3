"""Four believable weeks of invented work, for a first look, screenshots and tests, and their workspace."""
