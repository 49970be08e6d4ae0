"""`python -m holdall`."""

import sys

from holdall.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
