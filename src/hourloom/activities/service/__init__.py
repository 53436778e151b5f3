"""What can be done with activities, categories and rules, one class per concern."""
