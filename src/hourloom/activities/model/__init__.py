"""What activities, categories and rules are, and how the ones follow from the others."""
