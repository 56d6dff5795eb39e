"""What scores tell, in tables."""

from collections.abc import Sequence
from math import isnan
from typing import Any

from analysis.console import Table, counted, table
from analysis.scores.areas import AREAS, LABELS
from analysis.scores.curves import Counts
from analysis.scores.evaluation import Evaluation, pairs
from analysis.scores.experiment import Repeats
from analysis.scores.intervals import FEW
from analysis.scores.operating import Point, Rule, shortest


def areas_report(found: Evaluation) -> list[Any]:
    """Return areas with intervals and chance, pairwise differences, and dominance."""
    s, percent = found.scored, f"{100 * found.level:g} %"
    replicates = found.bootstrap.replicates.shape[2]
    lines: list[Any] = [
        f"Areas with {percent} intervals: AUROC's by DeLong, others by {replicates} paired replicates\n"
    ]
    made = table("area", "value", f"{percent} interval")
    for area, label in LABELS.items():
        made.add_row(label)
        for name in s.names:
            low, high = found.interval(area, name)
            made.add_row(f"  {name}", f"{found.area(area, name):.4f}", f"{low:.4f} to {high:.4f}")
        made.add_row("  by chance", f"{found.chance[area]:.4f}")
    lines += [made, f"\nAll positive: ROC (1, 1), PR (1, {_share(found)}), PR-gain (1, 0)."]
    fewest = min(s.positives, s.negatives)
    if fewest < FEW:
        kind = "positive" if s.positives == fewest else "negative"
        lines.append(
            f"Only {fewest} {kind}: all intervals are rough, and p-values hardly mean anything"
            f" below {FEW} of a class."
        )
    for first, second in pairs(s.names):
        lines += [
            f"\n{first} less {second}:\n",
            _differences(found, first, second),
            _dominance(found, first, second),
        ]
    if len(s.names) > 2:  # noqa: PLR2004  # more than one pair
        lines.append(
            f"\nEach p-value is that of its pair alone; of {len(pairs(s.names))} pairs one in twenty is below"
            " 0.05 by chance."
        )
    return lines


def operating_report(found: Evaluation, rules: Sequence[Rule]) -> list[Any]:
    """Return the point of the best F-gain of each model, and those that keep the rules."""
    made = table("at", "threshold", "TP", "FP", "FN", "TN", "precision", "recall", "F-gain")
    for rule in (None, *rules):
        made.add_row("best F-gain" if rule is None else f"{rule}")
        for name in found.names:
            point = found.operating_point(rule, name)
            made.add_row(f"  {name}", *(_point(found.counts[name], point) if point else ["never"]))
    return ["\nOperating points, at scores of the threshold and above:\n", made]


def calibration_report(found: Evaluation) -> list[Any]:
    """Return Brier scores, split by isotonic recalibration, of models whose scores are probabilities."""
    made = table("", "Brier", "miscalibr.", "discrim.", "uncertainty", "log loss", "mean score")
    others = []
    for name in found.names:
        c = found.calibration(name)
        if c is None:
            others.append(name)
            continue
        parts = (c.brier, c.miscalibration, c.discrimination, c.uncertainty, c.log_loss, c.mean_score)
        made.add_row(name, *(f"{part:.4f}" for part in parts))
    lines: list[Any] = []
    if len(others) < len(found.names):
        lines.append(
            "\nCalibration: Brier score = miscalibration - discrimination + uncertainty (isotonic);"
            f" the share of positives is {found.scored.share:.4f}:\n"
        )
        lines.append(made)
    if others:
        lines.append(f"\nNo calibration: the scores of {', '.join(others)} are no probabilities.")
    return lines


def repeated_report(repeats: Repeats) -> list[Any]:
    """Return, for many splits, means with standard deviations, wins, and differences."""
    count = len(repeats.areas)
    runs = count // repeats.folds
    how = {
        "hand-in": f"{counted(count, 'split')} as the hand-in's",
        "stratified": f"{counted(count, 'stratified split')}",
        "cross-validated": f"{repeats.folds} folds, {counted(runs, 'time')}",
    }[repeats.scheme]
    made = table("area", "mean", "SD", "wins")
    mean, spread = repeats.areas.mean(axis=0), repeats.areas.std(axis=0, ddof=1)
    for position, label in enumerate(LABELS.values()):
        made.add_row(label)
        for m, name in enumerate(repeats.names):
            values = (f"{mean[m, position]:.4f}", f"{spread[m, position]:.4f}")
            made.add_row(f"  {name}", *values, f"{repeats.wins[m, position]:g}")
    seeds = f"seeds 0 to {runs - 1}" if runs > 1 else "seed 0"
    lines: list[Any] = [f"\nOver {how}, of {seeds}:\n", made]
    for first, second in pairs(repeats.names):
        a, b = repeats.names.index(first), repeats.names.index(second)
        gaps = table("area", "mean", "corrected SE", "p")
        for label, gap, error, p in zip(LABELS.values(), *repeats.difference(a, b), strict=True):
            gaps.add_row(label, f"{gap:+.4f}", f"{error:.4f}", _p(None if isnan(p) else float(p)))
        lines += [f"\n{first} less {second}:\n", gaps]
    return lines


def _differences(found: Evaluation, first: str, second: str) -> Table:
    made = table("area", "value", f"{100 * found.level:g} % interval", "p", "p DeLong")
    for area in AREAS:
        gap = found.difference(area, first, second)
        (low, high), by_bootstrap = gap.interval, found.bootstrap_p(area, first, second)
        delong = _p(gap.p) if area == "auroc" else ""
        made.add_row(
            LABELS[area], f"{gap.value:+.4f}", f"{low:+.4f} to {high:+.4f}", _p(by_bootstrap), delong
        )
    return made


def _dominance(found: Evaluation, first: str, second: str) -> str:
    over = "dominates {}: its curve is nowhere below, in ROC and in PR alike."
    return {
        "equal": f"The curves of {first} and {second} are the same.",
        "first": f"{first} {over.format(second)}",
        "second": f"{second} {over.format(first)}",
        "neither": "Neither dominates: their curves cross, in ROC and in PR alike.",
    }[found.dominance(first, second)]


def _share(found: Evaluation) -> str:
    s = found.scored
    return f"{s.positives}/{len(s.labels)}" if s.weights is None else f"{s.share:.4f}"


def _point(c: Counts, point: Point) -> list[str]:
    counts = (f"{count:.10g}" for count in (point.tp, point.fp, point.fn, point.tn))
    rates = (point.precision, point.recall, point.f_gain)
    return [
        shortest(c, point.threshold),
        *counts,
        *("-" if rate is None else f"{rate:.4f}" for rate in rates),
    ]


def _p(p: float | None) -> str:
    """Write a p-value, a small one as a bound."""
    if p is None:
        return "unknown"
    return f"{p:.4f}" if p >= 0.0001 else "<0.0001"  # noqa: PLR2004  # the last digit shown
