"""How soon a table is there: ``python -m nets table`` against counting with fvcore, both from a cold start.

Each is a fresh process, as a user's first command is; the best of several runs counts, taken in turns.
"""

import subprocess
import sys
import time

ROUNDS = 5
OURS = "from nets.cli import main; main(['table', 'vgg19', '--format', 'csv'])"
SYMBOLIC = "from nets.cli import main; main(['table', 'vgg19', '--symbolic', '--format', 'json'])"
FVCORE = """
import torch
from fvcore.nn import FlopCountAnalysis, flop_count_table
from nets.build import build
from nets.zoo import vgg19
print(flop_count_table(FlopCountAnalysis(build(vgg19()), torch.zeros(1, 3, 224, 224))))
"""


def seconds(code: str) -> float:
    """Return how long a fresh interpreter takes to run the code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)  # noqa: S603  # our own code
    return time.perf_counter() - start


def main() -> None:
    """Measure in turns and print the ratios."""
    contestants = {"table of numbers": OURS, "table of formulas": SYMBOLIC, "fvcore": FVCORE}
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(ROUNDS):
        for name, code in contestants.items():
            best[name] = min(best[name], seconds(code))
    for name, took in best.items():
        print(f"{name:<18} {took:6.2f} s   {best['fvcore'] / took:5.1f} times as fast as fvcore")


if __name__ == "__main__":
    main()
