"""What a period was like: pulse, focus, switching, interruptions, change. Pure functions."""
