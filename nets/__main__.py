"""``python -m nets``."""

import sys


def _run() -> int:
    try:
        from nets.cli import main
    except KeyboardInterrupt:  # while the modules load
        return 130
    return main()


if __name__ == "__main__":
    sys.exit(_run())
