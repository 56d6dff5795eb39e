"""Problem 2: both curves and three areas, on the diabetes set where it is to be had."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.errors import AnalysisError
from analysis.report.drawing import drawn
from analysis.report.part import Part
from analysis.report.scales import Scale
from analysis.scores import Evaluation, Repeats, Table, evaluate, load, pr_between, rank, repeat
from analysis.scores.curves import pr_curve, prg_curve, roc_curve
from analysis.scores.drawing import CHANCE, plot_pr, plot_prg, plot_roc
from analysis.scores.plain import evaluation_data, repeated_data
from analysis.scores.scored import Scored

MODELS = ("adaboost", "logistic")
SPLIT_SEED = 42
"""The hand-in's; also of the bootstrap."""
NAMES = ("auroc", "aupr", "ap", "aupr-trapezoid", "auprg")
BUILT_IN = "breast-cancer"
EASY = 1000
"""Negatives with the lowest score of all, added to see which area notices."""
TINY = 1e-4
"""What the hand-in put into its denominators."""


@dataclass(frozen=True)
class Data:
    """What to rank, and, where the diabetes set is not to be had, how to get it."""

    table: Table
    missing: str | None = None


def find() -> Data:
    """Return the diabetes set, or the built-in one and why."""
    try:
        return Data(load("diabetes"))
    except AnalysisError as error:
        return Data(load(BUILT_IN), str(error))


def compute(scale: Scale, data: Data) -> Part:
    """Return everything of problem 2."""
    table = data.table
    ranked = rank(table, MODELS, seed=SPLIT_SEED, scheme="hand-in").against_the_rest(table)
    scores = dict(zip(ranked.names, ranked.scores, strict=True))
    found = evaluate(ranked.labels, scores, replicates=scale.replicates, rng=SPLIT_SEED)
    repeats = repeat(table, MODELS, splits=scale.splits)
    numbers = {
        "data": {"name": table.name, "rows": len(table.target), "positives": int(table.labels.sum())},
        "is_diabetes": data.missing is None,
        "missing": data.missing,
        "rows": len(ranked.labels),
        "positives": ranked.positives,
        "share": ranked.share,
        "share_of_all": float(table.labels.mean()),
        "all_positive": {"recall": 1, "tpr": 1, "fpr": 1},
        "models": {name: {area: found.area(area, name) for area in NAMES} for name in MODELS},
        "intervals": {name: {area: found.interval(area, name) for area in NAMES} for name in MODELS},
        "chance": dict(found.chance),
        "difference": _difference(found),
        "handed_in": {name: _as_handed_in(ranked, scores[name], table) for name in MODELS},
        "easy": {"added": EASY, **{name: _with_easy_negatives(found, ranked, scores) for name in ("areas",)}},
        "at_recall_0": _at_recall_0(found),
        "between": _between(),
        "repeated": _repeated(repeats),
        "evaluation": evaluation_data(found, ()),
    }
    return Part(numbers, _figures(found))


def _difference(found: Evaluation) -> dict[str, Any]:
    return {
        area: dict(zip(("value", "interval", "p"), found.difference(area, *MODELS), strict=True))
        for area in NAMES
    }


def _as_handed_in(ranked: Scored, score: np.ndarray, table: Table) -> dict[str, float]:
    """Return the areas by the hand-in's own formulas: PR-gain over all recalls, with 1e-4 below the line."""
    from sklearn.metrics import auc, precision_recall_curve, roc_curve

    fpr, tpr, _ = roc_curve(ranked.labels, score)
    precision, recall, _ = precision_recall_curve(ranked.labels, score)
    share = float(table.labels.mean())

    def gain(values: np.ndarray) -> list[float]:
        return [float((value - share) / ((1 - share) * value + TINY)) for value in values]

    return {
        "auroc": float(auc(fpr, tpr)),
        "aupr-trapezoid": float(auc(recall, precision)),
        "auprg": float(auc(gain(recall), gain(precision))),
        "lowest_gain": min(gain(recall)),
    }


def _with_easy_negatives(
    found: Evaluation, ranked: Scored, scores: dict[str, np.ndarray]
) -> dict[str, dict[str, float]]:
    """Return how the first model's areas change with true negatives added."""
    from analysis.scores import aupr, auroc

    name = MODELS[0]
    labels = np.concatenate([ranked.labels, np.zeros(EASY, bool)])
    score = np.concatenate([scores[name], np.full(EASY, scores[name].min() - 1)])
    return {
        "auroc": {"before": found.area("auroc", name), "after": float(auroc(labels, score))},
        "aupr": {"before": found.area("aupr", name), "after": float(aupr(labels, score))},
    }


def _at_recall_0(found: Evaluation) -> dict[str, int]:
    """Count each model's points of recall 0 with a false positive: many in ROC space, one in PR space."""
    return {name: int(((counts.tp == 0) & (counts.fp > 0)).sum()) for name, counts in found.counts.items()}


def _between() -> dict[str, Any]:
    """Return Davis and Goadrich's own example, and what a straight line would say."""
    recall, precision = pr_between((5, 10), (5, 30), positives=20, steps=5)
    straight = np.linspace(precision[0], precision[-1], len(precision))
    return {"recall": recall.tolist(), "precision": precision.tolist(), "straight": straight.tolist()}


def _repeated(repeats: Repeats) -> dict[str, Any]:
    told = repeated_data(repeats)
    return {
        "splits": told["splits"],
        "wins": dict(zip(repeats.names, repeats.wins[:, 0].tolist(), strict=True)),
        "difference": told["differences"][0]["AUROC"],
    }


def _figures(found: Evaluation) -> dict[str, str]:
    share = found.scored.share

    def roc(axes: Any) -> None:  # noqa: ANN401  # matplotlib's axes, which are not loaded here
        for place, name in enumerate(found.names):
            label = f"{name}, {found.area('auroc', name):.4f}"
            plot_roc(roc_curve(found.counts[name]), axes, label=label, color=f"C{place}")
        axes.plot([0, 1], [0, 1], **CHANCE, label="chance")
        axes.plot(1, 1, "s", color="black", label="all positive", clip_on=False, zorder=4)
        axes.legend(loc="lower right", title="AUROC")

    def pr(axes: Any) -> None:  # noqa: ANN401  # as above
        for place, name in enumerate(found.names):
            label = f"{name}, {found.area('aupr', name):.4f}"
            plot_pr(pr_curve(found.counts[name]), axes, label=label, color=f"C{place}")
        axes.axhline(share, **CHANCE, label="chance")
        axes.plot(1, share, "s", color="black", label="all positive", clip_on=False, zorder=4)
        axes.legend(loc="lower left", title="AUPR")

    def prg(axes: Any) -> None:  # noqa: ANN401  # as above
        for place, name in enumerate(found.names):
            label = f"{name}, {found.area('auprg', name):.4f}"
            plot_prg(prg_curve(found.counts[name]), axes, label=label, color=f"C{place}")
        axes.axhline(0, **CHANCE, label="chance")
        axes.plot(1, 0, "s", color="black", label="all positive", clip_on=False, zorder=4)
        axes.set_ylim(min(-0.2, max(axes.get_ylim()[0], -1)), 1.02)
        axes.legend(loc="lower left", title="AUPRG")

    return {"roc": drawn(roc), "pr": drawn(pr), "prg": drawn(prg)}
