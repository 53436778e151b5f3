"""The program on each computer: watchers that observe it, and what carries their observations to a server."""
