"""`python -m hourloom` is the command line."""

import sys

from hourloom.app import main

if __name__ == "__main__":
    sys.exit(main())
