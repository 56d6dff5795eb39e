"""The run behind the command ``scores``: settings in, report, data and figure out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from analysis.console import progress
from analysis.delivery import Run
from analysis.scores import report
from analysis.scores.bootstrap import bootstrap, delong
from analysis.scores.experiment import rank, repeat
from analysis.scores.tabular import load

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def scores_run(
    data: str,
    *,
    target: str | None,
    positive: str | None,
    models: Sequence[str],
    splits: int,
    replicates: int,
    seed: int,
    bands: bool,
) -> Run:
    """Rank one split's test part with intervals, and many splits where asked for."""
    table = load(data, target=target, positive=positive)
    with progress() as bar:
        fitting = bar.add_task("fitting", total=None)
        ranked = rank(table, models, seed=seed)
        bar.remove_task(fitting)
        resampling = bar.add_task("bootstrap", total=replicates)
        boot = bootstrap(
            ranked.labels,
            ranked.scores,
            replicates=replicates,
            rng=np.random.default_rng(seed),
            bands=bands,
            advance=lambda done: bar.advance(resampling, done),
        )
        variance = delong(ranked.labels, ranked.scores)
        lines = report.single_report(table, models, ranked, boot, variance, seed=seed)
        plain = report.single_data(table, models, ranked, boot, variance, seed=seed)
        if splits > 1:
            splitting = bar.add_task("splits", total=splits)
            areas = repeat(table, models, splits=splits, advance=lambda: bar.advance(splitting))
            lines += report.repeated_report(models, areas)
            plain["repeated"] = report.repeated_data(models, areas)

    def draw() -> "Figure":
        from analysis.scores.figures import draw_rankings

        return draw_rankings(models, ranked, boot.bands)

    return Run(report=lines, data=plain, draw=draw)
