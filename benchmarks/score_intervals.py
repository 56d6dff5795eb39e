"""How often intervals hold the truth: simulated rankings whose areas are known, few and many examples.

    python benchmarks/score_intervals.py coverage.csv --sets 2000

writes a row for each case, area and method, resumes where it was stopped, and prints the table of the
documents. Scores are normal or mixed; the truth is an integral over the curve of the population.
"""

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.scores import Bootstrap, Interval, bootstrap

Array = NDArray[np.float64]

SIZES = ((5, 15), (10, 10), (10, 90), (20, 20), (30, 300), (50, 150), (200, 800))
AREAS = ("auroc", "aupr", "ap", "auprg")
CORRELATION = 0.5
FIELDS = (
    "positives",
    "negatives",
    "shape",
    "area",
    "method",
    "truth",
    "sets",
    "held",
    "below",
    "above",
    "width",
)


@dataclass(frozen=True)
class Shape:
    """Scores of negatives are standard normal; of positives normal too, a part of them as negatives'."""

    name: str
    shift: float
    spread: float = 1.0
    lost: float = 0.0

    def reached(self, at: Array) -> Array:
        """Return the share of positives above a threshold."""
        return np.asarray(
            self.lost * norm.sf(at) + (1 - self.lost) * norm.sf((at - self.shift) / self.spread)
        )

    def draw(self, rng: np.random.Generator, positives: int, negatives: int) -> Array:
        """Return scores of two equally good models, shape (2, n), positives first."""
        mixed = rng.normal(size=(2, positives + negatives))
        mixed[1] = CORRELATION * mixed[0] + np.sqrt(1 - CORRELATION**2) * mixed[1]
        found = rng.random(positives) >= self.lost
        mixed[:, :positives] = np.where(
            found, self.shift + self.spread * mixed[:, :positives], mixed[:, :positives]
        )
        return mixed

    def truth(self, positives: int, negatives: int) -> dict[str, float]:
        """Return the areas of the population, at the share of positives that the sample has."""
        at = np.linspace(20, -15, 350_001)
        true, false = self.reached(at), norm.sf(at)
        share = positives / (positives + negatives)
        precision = share * true / np.maximum(share * true + (1 - share) * false, 1e-300)
        # 1 - AUPRG is the integral of FPR · π/(1-π) / TPR³ over TPR from π on.
        late = true >= share
        true_late, false_late = true[late], false[late]
        lost = np.trapezoid(share / (1 - share) * false_late / true_late**3, true_late)
        aupr = float(np.trapezoid(precision, true))
        return {
            "auroc": float(np.trapezoid(true, false)),
            "aupr": aupr,
            "ap": aupr,
            "auprg": 1 - float(lost),
        }


SHAPES = (
    Shape("chance", 0),
    Shape("weak", 1),
    Shape("good", 2),
    Shape("strong", 3),
    Shape("positives wide", 1.5, 2),
    Shape("positives narrow", 1.5, 0.5),
    Shape("a tenth lost", 3, 1, 0.1),
)


def simulate(
    shape: Shape, positives: int, negatives: int, *, sets: int, replicates: int
) -> Iterator[dict[str, object]]:
    """Yield a row for each area and method: how often the truth was held, missed below and above."""
    truth = shape.truth(positives, negatives)
    rng = np.random.default_rng([positives, negatives, *shape.name.encode()])
    labels = np.arange(positives + negatives) < positives
    limits: dict[tuple[str, str], list[Interval]] = {}
    for _ in range(sets):
        scores = shape.draw(rng, positives, negatives)
        for key, interval in intervals(bootstrap(labels, scores, replicates=replicates, rng=rng)):
            limits.setdefault(key, []).append(interval)
    for (area, method), found in limits.items():
        low, high = np.array(found).T
        aim = 0.0 if "difference" in method else truth[area]
        yield {
            "positives": positives,
            "negatives": negatives,
            "shape": shape.name,
            "area": area,
            "method": method,
            "truth": f"{aim:.6f}",
            "sets": sets,
            "held": f"{((low <= aim) & (aim <= high)).mean():.4f}",
            "below": f"{(aim < low).mean():.4f}",
            "above": f"{(aim > high).mean():.4f}",
            "width": f"{np.median(high - low):.4f}",
        }


def intervals(found: Bootstrap) -> Iterator[tuple[tuple[str, str], Interval]]:
    """Yield every interval by area and method."""
    first, second = found.names
    for area in AREAS:
        yield (area, "score"), found.interval(area, first)
        yield (area, "percentile"), found.interval(area, first, method="percentile")
        yield (area, "difference"), found.difference(area, first, second).interval
    yield ("auroc", "DeLong, score"), found.delong.interval(first)
    yield ("auroc", "DeLong, difference"), found.delong.difference(first, second).interval


def table(path: Path) -> Iterator[str]:
    """Yield the least and the mean coverage over shapes, in Markdown."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    methods = list(dict.fromkeys((row["area"], row["method"]) for row in rows))
    sizes = list(dict.fromkeys((row["positives"], row["negatives"]) for row in rows))
    yield "| area, interval | " + " | ".join(f"{p} + {n}" for p, n in sizes) + " |"
    yield "|---|" + "---|" * len(sizes)
    for area, method in methods:
        cells = []
        for size in sizes:
            held = [
                float(row["held"])
                for row in rows
                if (row["positives"], row["negatives"]) == size
                and (row["area"], row["method"]) == (area, method)
            ]
            cells.append(f"{min(held):.3f} / {np.mean(held):.3f}" if held else "")
        yield f"| {area}, {method} | " + " | ".join(cells) + " |"


def main() -> None:
    """Simulate what is not in the file yet, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--sets", type=int, default=2000)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--size", action="append", help="such as 50+150; may be repeated  [default: all]")
    asked = parser.parse_args()
    done = set()
    if asked.file.exists():
        with asked.file.open(encoding="utf-8") as file:
            done = {(int(r["positives"]), int(r["negatives"]), r["shape"]) for r in csv.DictReader(file)}
    else:
        asked.file.write_text(",".join(FIELDS) + "\n", encoding="utf-8")
    sizes = [tuple(map(int, size.split("+"))) for size in asked.size] if asked.size else SIZES
    for positives, negatives in sizes:
        for shape in SHAPES:
            if (positives, negatives, shape.name) in done:
                continue
            rows = list(simulate(shape, positives, negatives, sets=asked.sets, replicates=asked.replicates))
            with asked.file.open("a", encoding="utf-8", newline="") as file:  # a case at once, whole
                csv.DictWriter(file, FIELDS).writerows(rows)
    print("\n".join(table(asked.file)))


if __name__ == "__main__":
    main()
