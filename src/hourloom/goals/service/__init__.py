"""What is done with goals: keep them, measure them, tell of them."""
