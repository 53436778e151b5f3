"""What people's commands do on this computer besides calling the API: start, keys, examination, sources."""
