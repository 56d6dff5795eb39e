"""What scores on the same examples tell, by name: areas, intervals, differences, curves, points."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import AnalysisError
from analysis.scores.areas import AREAS
from analysis.scores.bootstrapping import Bootstrap, bootstrap_of, checked_replicates, generator, position
from analysis.scores.calibrating import Calibration, are_probabilities, calibrate
from analysis.scores.chance import chance
from analysis.scores.curves import Counts, counted, pr_curve, prg_curve, roc_curve
from analysis.scores.dominance import never_below
from analysis.scores.intervals import Difference, Interval
from analysis.scores.operating import Point, Rule, best_f_gain, operate, parse_rule
from analysis.scores.scored import Models, Scored, scored

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEVEL = 0.95


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Areas of m models on the same examples, with intervals, and what else their scores tell.

    Attributes
    ----------
    scored
        Labels, scores, weights and names.
    bootstrap
        The replicates behind all intervals but AUROC's, which is DeLong's.
    level
        Of all intervals.
    """

    scored: Scored
    bootstrap: Bootstrap
    level: float = LEVEL

    def __repr__(self) -> str:
        s = self.scored
        return f"<Evaluation of {', '.join(s.names)} on {s.positives} positive and {s.negatives} negative>"

    def _repr_html_(self) -> str:
        from analysis.notebooks import as_html

        return as_html(repr(self)[1:-1], self.to_pandas().reset_index())

    @property
    def names(self) -> tuple[str, ...]:
        """The models' names."""
        return self.scored.names

    @cached_property
    def counts(self) -> dict[str, Counts]:
        """True and false positives at each threshold, by model."""
        s = self.scored
        return {
            name: counted(s.labels, score, s.weights) for name, score in zip(s.names, s.scores, strict=True)
        }

    @cached_property
    def chance(self) -> dict[str, float]:
        """Mean areas of a random ranking of these examples."""
        return chance(self.scored)

    def area(self, area: str, model: str | None = None) -> float:
        """Return an area by its name (``auroc``, ``aupr``, ``ap``, ``aupr-trapezoid``, ``auprg``)."""
        return self.bootstrap.area(area, model)

    def interval(self, area: str, model: str | None = None) -> Interval:
        """Return an area's interval: DeLong's variance for AUROC, the bootstrap's for all others."""
        if position(area) == 0:
            return self.bootstrap.delong.interval(model, self.level)
        return self.bootstrap.interval(area, model, self.level)

    def difference(self, area: str, first: str, second: str) -> Difference:
        """Return area(first) - area(second), paired, with interval and p-value, by the same methods."""
        if position(area) == 0:
            return self.bootstrap.delong.difference(first, second, self.level)
        return self.bootstrap.difference(area, first, second, self.level)

    def bootstrap_p(self, area: str, first: str, second: str) -> float | None:
        """Return the bootstrap's p-value, which AUROC has beside DeLong's."""
        return self.bootstrap.difference(area, first, second, self.level).p

    def dominance(self, first: str, second: str) -> str:
        """Return ``equal``, ``first``, ``second`` or ``neither``: whose curve lies nowhere below."""
        a, b = (self.counts[self.names[self.scored.model(name)]] for name in (first, second))
        over, under = never_below(a, b), never_below(b, a)
        return {(True, True): "equal", (True, False): "first", (False, True): "second"}.get(
            (over, under), "neither"
        )

    def operating_point(self, rule: str | Rule | None = None, model: str | None = None) -> Point | None:
        """Return a model's point at ``precision=0.9`` or the like, None where no threshold keeps that.

        Without a rule it is the point of the best F-gain.
        """
        c = self.counts[self.names[self.scored.model(model)]]
        if rule is None:
            return best_f_gain(c)
        return operate(c, parse_rule(rule) if isinstance(rule, str) else rule)

    def calibration(self, model: str | None = None) -> Calibration | None:
        """Return a model's calibration, None where its scores are no probabilities."""
        s = self.scored
        score = s.scores[s.model(model)]
        return calibrate(s.labels, score, s.weight) if are_probabilities(score) else None

    def points(self) -> "pd.DataFrame":
        """Return all curves' points, a row for each model and threshold, with counts and rates."""
        import pandas as pd

        frames = []
        for name, c in self.counts.items():
            with np.errstate(divide="ignore", invalid="ignore"):
                odds = c.positives / c.negatives
                columns = {
                    "model": name,
                    "threshold": c.thresholds,
                    "tp": c.tp,
                    "fp": c.fp,
                    "fn": c.positives - c.tp,
                    "tn": c.negatives - c.fp,
                    "fpr": c.fp / c.negatives,
                    "recall": c.tp / c.positives,
                    "precision": c.tp / (c.tp + c.fp),
                    "recall_gain": 1 - odds * (c.positives - c.tp) / c.tp,
                    "precision_gain": 1 - odds * c.fp / c.tp,
                }
            frame = pd.DataFrame(columns)
            frames.append(frame.mask(frame == -np.inf))
        return pd.concat(frames, ignore_index=True)

    def to_pandas(self) -> "pd.DataFrame":
        """Return a data frame, a row for each model and area: value, interval, chance."""
        import pandas as pd

        rows = [
            (name, area, self.area(area, name), *self.interval(area, name), self.chance[area])
            for name in self.names
            for area in AREAS
        ]
        frame = pd.DataFrame(rows, columns=["model", "area", "value", "low", "high", "chance"])
        return frame.set_index(["model", "area"])

    def differences(self) -> "pd.DataFrame":
        """Return a data frame, a row for each pair of models and area: difference, interval, p-value."""
        import pandas as pd

        rows = []
        for first, second in pairs(self.names):
            for area in AREAS:
                gap = self.difference(area, first, second)
                rows.append((first, second, area, gap.value, *gap.interval, gap.p))
        frame = pd.DataFrame(rows, columns=["first", "second", "area", "difference", "low", "high", "p"])
        return frame.set_index(["first", "second", "area"])

    def plot(self, ax: "Sequence[Axes] | None" = None, *, title: str | None = None) -> "Figure":
        """Draw ROC, precision–recall and PR-gain into three axes, or into a figure of its own."""
        from analysis.scores.figures import draw_curves

        return draw_curves(self, title=title, axes=ax)

    def curve(self, kind: str, model: str | None = None) -> Counts:
        """Return a model's curve: ``roc``, ``pr`` or ``prg``."""
        kinds: dict[str, Callable[[Counts], Counts]] = {
            "roc": roc_curve,
            "pr": pr_curve,
            "prg": prg_curve,
        }
        if kind not in kinds:
            raise AnalysisError(f"kind: {kind!r} must be one of {', '.join(kinds)}")
        return kinds[kind](self.counts[self.names[self.scored.model(model)]])


def pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return every pair of names, each once."""
    return [(first, second) for i, first in enumerate(names) for second in names[i + 1 :]]


def evaluate(
    y_true: ArrayLike,
    y_scores: Models,
    sample_weight: ArrayLike | None = None,
    *,
    replicates: int = 2000,
    rng: np.random.Generator | int = 0,
    bands: bool = False,
    level: float = LEVEL,
) -> Evaluation:
    """Evaluate scores of one or more models on the same examples.

    Parameters
    ----------
    y_true
        Labels, shape (n,): 0/1, -1/1 or False/True.
    y_scores
        Scores of one model, shape (n,), of several, shape (m, n), or by name (a dict, a data frame).
    sample_weight
        Shape (n,).
    replicates
        Of the bootstrap.
    rng
        Where its draws come from: a generator or a seed.
    bands
        Whether figures are to have bands.
    level
        Of intervals and bands.

    Examples
    --------
    >>> result = evaluate([0, 1, 0, 1, 1, 0], {"a": [1, 2, 3, 4, 5, 0], "b": [6, 4, 2, 1, 3, 5]})
    >>> result
    <Evaluation of a, b on 3 positive and 3 negative>
    >>> round(result.area("auprg", "a"), 4), result.difference("auroc", "a", "b").p < 0.05
    (0.7917, False)
    """
    from analysis.scores.intervals import checked_level

    s = scored(y_true, y_scores, sample_weight)
    return evaluate_of(
        s,
        replicates=checked_replicates(replicates),
        rng=generator(rng),
        bands=bands,
        level=checked_level(level),
    )


def evaluate_of(
    s: Scored,
    *,
    replicates: int,
    rng: np.random.Generator,
    bands: bool = False,
    level: float = LEVEL,
    advance: Callable[[int], None] = lambda _: None,
) -> Evaluation:
    """Evaluate what is checked already."""
    boot = bootstrap_of(s, replicates=replicates, rng=rng, bands=bands, level=level, advance=advance)
    return Evaluation(scored=s, bootstrap=boot, level=level)
