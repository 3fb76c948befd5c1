"""``python -m syncd``."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    try:
        from syncd.cli import main

        main()
    except KeyboardInterrupt:  # while it was still being loaded
        sys.exit(130)
