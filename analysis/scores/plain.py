"""What scores tell, as plain data, ready for JSON: no number is lost, what is none is None."""

import math
from collections.abc import Sequence
from typing import Any

from analysis.scores.areas import AREAS, LABELS
from analysis.scores.evaluation import Evaluation, pairs
from analysis.scores.experiment import Repeats
from analysis.scores.operating import BEST, Point, Rule


def evaluation_data(found: Evaluation, rules: Sequence[Rule]) -> dict[str, Any]:
    """Return areas, differences, operating points and calibrations."""
    s = found.scored
    return {
        "examples": {
            "rows": len(s.labels),
            "positives": s.positives,
            "share": s.share,
            "weighted": s.weights is not None,
        },
        "baseline": {
            "roc": (1.0, 1.0),
            "pr": (1.0, s.share),
            "prg": (1.0, 0.0),
            "by_chance": {LABELS[area]: value for area, value in found.chance.items()},
        },
        "bootstrap": {"replicates": found.bootstrap.replicates.shape[2], "level": found.level},
        "models": {
            name: {
                LABELS[area]: {"value": found.area(area, name), "interval": found.interval(area, name)}
                for area in AREAS
            }
            for name in s.names
        },
        "differences": [
            {"first": first, "second": second, "curves": found.dominance(first, second)}
            | {LABELS[area]: _difference(found, area, first, second) for area in AREAS}
            for first, second in pairs(s.names)
        ],
        "operating_points": {
            name: {
                BEST if rule is None else str(rule): _point(found.operating_point(rule, name))
                for rule in (None, *rules)
            }
            for name in s.names
        },
        "calibration": {name: _calibration(found, name) for name in s.names},
    }


def repeated_data(repeats: Repeats) -> dict[str, Any]:
    """Return every split's areas, and who won."""
    places = {name: m for m, name in enumerate(repeats.names)}
    return {
        "scheme": repeats.scheme,
        "folds": repeats.folds,
        "splits": len(repeats.areas),
        "areas": list(LABELS.values()),
        "wins": {name: repeats.wins[m].tolist() for name, m in places.items()},
        "by_split": {name: repeats.areas[:, m].tolist() for name, m in places.items()},
        "differences": [
            {"first": first, "second": second}
            | {
                label: {"mean": _finite(gap), "se": _finite(error), "p": _finite(p)}
                for label, gap, error, p in zip(
                    LABELS.values(), *repeats.difference(places[first], places[second]), strict=True
                )
            }
            for first, second in pairs(repeats.names)
        ],
    }


def _difference(found: Evaluation, area: str, first: str, second: str) -> dict[str, Any]:
    gap = found.difference(area, first, second)
    by_delong = {"p_delong": gap.p} if area == "auroc" else {}
    return {
        "value": gap.value,
        "interval": gap.interval,
        "p": found.bootstrap_p(area, first, second),
    } | by_delong


def _point(point: Point | None) -> dict[str, Any] | None:
    if point is None:
        return None
    return {
        "threshold": _finite(point.threshold),
        "tp": point.tp,
        "fp": point.fp,
        "fn": point.fn,
        "tn": point.tn,
        "precision": point.precision,
        "recall": point.recall,
        "specificity": point.specificity,
        "f_gain": point.f_gain,
    }


def _calibration(found: Evaluation, name: str) -> dict[str, Any] | None:
    c = found.calibration(name)
    if c is None:
        return None
    parts = ("brier", "miscalibration", "discrimination", "uncertainty", "log_loss", "mean_score", "share")
    return {part: _finite(getattr(c, part)) for part in parts}


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None
