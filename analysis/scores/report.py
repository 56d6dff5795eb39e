"""Curve areas in tables and plain data."""

from collections.abc import Sequence
from typing import Any

from analysis.console import table
from analysis.scores.bootstrap import AREAS, Bootstrap, Delong
from analysis.scores.experiment import Ranked, wins
from analysis.scores.geometry import baseline, dominates
from analysis.scores.tabular import Table

LEVEL = 0.95


def single_report(
    data: Table, models: Sequence[str], ranked: Ranked, boot: Bootstrap, variance: Delong, *, seed: int
) -> list[Any]:
    """Return areas with intervals on one split, the differences to the first model, and dominance."""
    base = baseline(ranked.labels)
    positives = int(ranked.labels.sum())
    made = table("area", "model", "value", "95 % interval", "by chance")
    chance = (base.auroc, base.aupr, base.aupr, base.aupr, base.auprg)
    for position, area in enumerate(AREAS):
        for m, name in enumerate(models):
            interval = _interval(boot.interval(m, position))
            made.add_row(area, name, f"{boot.measured[m, position]:.4f}", interval, f"{chance[position]:.4f}")
    for m, name in enumerate(models):
        interval = _interval(variance.interval(m))
        made.add_row("AUROC, DeLong", name, f"{variance.auroc[m]:.4f}", interval, f"{base.auroc:.4f}")
    lines: list[Any] = [
        f"{data.name}, from {data.source}",
        f"{len(data.labels)} rows, {int(data.labels.sum())} {data.positive}.",
        f"Split of seed {seed}: {len(ranked.labels)} rows to test, {positives} of them positive.",
        f"Areas with 95 % intervals, {boot.replicates.shape[2]} paired stratified bootstrap replicates:\n",
        made,
        f"\nAll positive: ROC (1, 1), PR (1, {positives}/{len(ranked.labels)}), PR-gain (1, 0).",
    ]
    for second in range(1, len(models)):
        gaps = table(f"{models[0]} less {models[second]}", "difference", "95 % interval", "")
        for position, area in enumerate(AREAS):
            gaps.add_row(area, *_gap(*boot.difference(0, second, position)))
        gaps.add_row("AUROC, DeLong", *_gap(*variance.difference(0, second)))
        lines += ["", gaps, _dominance(models, ranked, second)]
    return lines


def repeated_report(models: Sequence[str], areas: Any) -> list[Any]:  # noqa: ANN401  # an array
    """Return, for many splits, means with standard deviations and how often each model wins."""
    made = table("area", "model", "mean", "SD", "wins")
    won, mean, deviation = wins(areas), areas.mean(axis=0), areas.std(axis=0, ddof=1)
    for position, area in enumerate(AREAS):
        for m, name in enumerate(models):
            values = (f"{mean[m, position]:.4f}", f"{deviation[m, position]:.4f}", f"{won[m, position]:g}")
            made.add_row(area, name, *values)
    return [f"\nOver {len(areas)} splits, of seeds 0 to {len(areas) - 1}:\n", made]


def single_data(
    data: Table, models: Sequence[str], ranked: Ranked, boot: Bootstrap, variance: Delong, *, seed: int
) -> dict[str, Any]:
    """Return the same as plain data."""
    base = baseline(ranked.labels)
    return {
        "data": {
            "name": data.name,
            "source": data.source,
            "rows": len(data.labels),
            "positives": int(data.labels.sum()),
            "positive": data.positive,
        },
        "split": {"seed": seed, "test_rows": len(ranked.labels), "test_positives": int(ranked.labels.sum())},
        "baseline": vars(base),
        "bootstrap": {"replicates": boot.replicates.shape[2], "level": LEVEL},
        "models": {
            name: {
                area: {
                    "value": float(boot.measured[m, position]),
                    "interval": boot.interval(m, position),
                }
                for position, area in enumerate(AREAS)
            }
            | {"AUROC DeLong": {"value": float(variance.auroc[m]), "interval": variance.interval(m)}}
            for m, name in enumerate(models)
        },
        "differences": [
            {"first": models[0], "second": models[second]}
            | {area: _named(*boot.difference(0, second, position)) for position, area in enumerate(AREAS)}
            | {"AUROC DeLong": _named(*variance.difference(0, second))}
            for second in range(1, len(models))
        ],
    }


def repeated_data(models: Sequence[str], areas: Any) -> dict[str, Any]:  # noqa: ANN401  # an array
    """Return the same as plain data, every split's areas included."""
    won = wins(areas)
    return {
        "splits": len(areas),
        "areas": list(AREAS),
        "wins": {name: won[m].tolist() for m, name in enumerate(models)},
        "by_split": {name: areas[:, m].tolist() for m, name in enumerate(models)},
    }


def _dominance(models: Sequence[str], ranked: Ranked, second: int) -> str:
    for a, b in ((0, second), (second, 0)):
        if dominates(ranked.labels, ranked.scores[a], ranked.scores[b]):
            return f"{models[a]} dominates {models[b]}: its curve is nowhere below, in ROC and in PR alike."
    return "Neither dominates: their curves cross, in ROC and in PR alike."


def _interval(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.4f} to {interval[1]:.4f}"


def _gap(value: float, interval: tuple[float, float]) -> tuple[str, str, str]:
    low, high = interval
    return f"{value:+.4f}", f"{low:+.4f} to {high:+.4f}", "spans 0" if low <= 0 <= high else ""


def _named(value: float, interval: tuple[float, float]) -> dict[str, Any]:
    return {"value": value, "interval": interval}
