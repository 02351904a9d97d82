"""``python -m udtlib`` is ``udt``."""

import sys

from udtlib.cli import main

if __name__ == "__main__":
    sys.exit(main())
