"""What work is done on: projects, and the tags that label it."""
