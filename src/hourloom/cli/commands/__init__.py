"""One module for each command or family of commands; `add_to` puts them on the command line."""
