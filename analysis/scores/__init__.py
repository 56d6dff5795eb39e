"""How well scores rank two classes: ROC, precision–recall and PR-gain, with intervals.

What users need stands here, and is loaded when it is first used::

    from analysis.scores import auprg, evaluate

    evaluate(y, {"a": scores_a, "b": scores_b}).interval("auprg", "a")

The flow of data::

    scored ─▶ areas · curves ─▶ chance · dominance ─▶ placements · resampling ─▶ bootstrapping ─┐
    geometry ─▶ drawing ──┘                             operating · calibrating ─────────┴▶ evaluation
    sheets ─▶ arff ─▶ sheetfile ─▶ columns ─▶ tabular · scorefile ─▶ experiment (models) ─▶ scored
    evaluation ─▶ report · plain · figures ─▶ runs ─▶ cli
"""

from typing import TYPE_CHECKING

from analysis.lazy import lazily

if TYPE_CHECKING:
    from analysis.scores.bootstrapping import Bootstrap, bootstrap
    from analysis.scores.calibrating import Calibration, calibration
    from analysis.scores.chance import Baseline, baseline
    from analysis.scores.curves import Counts, aupr, auprg, auroc, counts, pr, prg, roc
    from analysis.scores.dominance import dominates
    from analysis.scores.evaluation import Evaluation, evaluate
    from analysis.scores.experiment import Repeats, rank, repeat
    from analysis.scores.geometry import pr_between, pr_to_roc, roc_to_pr
    from analysis.scores.intervals import Difference, Interval
    from analysis.scores.operating import Point
    from analysis.scores.placements import Delong, delong
    from analysis.scores.scorefile import load_scores
    from analysis.scores.tabular import Reading, Table, load

_WHERE = {
    "bootstrapping": ("Bootstrap", "bootstrap"),
    "calibrating": ("Calibration", "calibration"),
    "chance": ("Baseline", "baseline"),
    "curves": ("Counts", "aupr", "auprg", "auroc", "counts", "pr", "prg", "roc"),
    "placements": ("Delong", "delong"),
    "dominance": ("dominates",),
    "evaluation": ("Evaluation", "evaluate"),
    "experiment": ("Repeats", "rank", "repeat"),
    "geometry": ("pr_between", "pr_to_roc", "roc_to_pr"),
    "intervals": ("Difference", "Interval"),
    "operating": ("Point",),
    "scorefile": ("load_scores",),
    "tabular": ("Reading", "Table", "load"),
}

__all__ = [
    "Baseline",
    "Bootstrap",
    "Calibration",
    "Counts",
    "Delong",
    "Difference",
    "Evaluation",
    "Interval",
    "Point",
    "Reading",
    "Repeats",
    "Table",
    "aupr",
    "auprg",
    "auroc",
    "baseline",
    "bootstrap",
    "calibration",
    "counts",
    "delong",
    "dominates",
    "evaluate",
    "load",
    "load_scores",
    "pr",
    "pr_between",
    "pr_to_roc",
    "prg",
    "rank",
    "repeat",
    "roc",
    "roc_to_pr",
]


__getattr__ = lazily(__name__, _WHERE)
