"""The command line for people: commands over the SDK, and what the composition root hands them."""
