"""``python -m analysis``."""

import os
import signal
import sys


def run() -> int:
    """Load the command line, which Ctrl-C ends at once, then run it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # An interrupt in the middle of an import may end up as any error, or as none.
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from analysis.cli import main

    if callable(signal.getsignal(signal.SIGINT)):
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return main()


if __name__ == "__main__":
    sys.exit(run())
