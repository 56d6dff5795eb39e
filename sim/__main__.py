"""``python -m sim``."""

import os
import signal
import sys
from types import FrameType


def main() -> None:
    """Run the command line; Ctrl-C ends it with 130 and in silence, also while it begins or ends."""
    attentive = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a background job is not
    if attentive:
        signal.signal(signal.SIGINT, _leave)
    from sim.cli import main as run

    if attentive:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    status = run()
    if attentive:
        signal.signal(signal.SIGINT, _leave)
    sys.exit(status)


def _leave(_: int, __: FrameType | None) -> None:
    """End at once: a module that is half loaded may turn an exception into anything."""
    os._exit(130)


if __name__ == "__main__":
    main()
