"""A sweep as tables for the terminal: a row for each point, means with their intervals."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sim.statistics import CONFIDENCE, interval
from sim.sweep.ranking import Ranking
from sim.sweep.replicas import Replicas
from sim.sweep.table import Summary
from sim.terminal import Column, Grid

FIGURES: Final = ("updates_per_second", "gradients_per_second", "staleness.mean", "staleness.p95")
"""Shown where no others are asked for."""

MOST_LINES: Final = 7
"""That can be told apart in a figure."""


def value(given: Any) -> str:  # noqa: ANN401 -- whatever a field is set to
    """Return a setting as a table shows it.

    >>> value("12 ms"), value(0.50), value({"kind": "bsp"})
    ('12 ms', '0.5', '{"kind": "bsp"}')
    """
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def settings(summary: Summary) -> str:
    """Return what sets a point apart, in one line."""
    return ", ".join(f"{path} = {value(each)}" for path, each in summary.point.settings.items())


def points(found: Sequence[Summary], figures: Sequence[str]) -> Grid:
    """Return a row for each point: its settings, how many runs, and the means of some figures."""
    paths = list(found[0].point.settings)
    words = [
        any(isinstance(each.point.settings[path], str | dict | list) for each in found) for path in paths
    ]
    failed = any(each.error is not None for each in found)
    columns = [Column(path, words=wordy) for path, wordy in zip(paths, words, strict=True)]
    columns += [Column("runs"), *map(Column, figures)]
    if failed:
        columns.append(Column("error", words=True))
    rows = []
    for each in found:
        cells = [value(each.point.settings[path]) for path in paths]
        cells.append(str(sum(row.result.error is None for row in each.rows)))
        cells += [interval(each.estimate(figure)) for figure in figures]
        rows.append([*cells, *([each.error or ""] if failed else [])])
    return Grid(columns, rows, keys=max(1, len(paths)))


def given_up(found: Sequence[Summary], replicas: Replicas) -> Iterator[str]:
    """Yield a sentence for each point whose intervals are wider than was asked for."""
    for each in found:
        if each.point.scenario is None:
            continue
        for name, share in replicas.wide([row.result for row in each.rows]).items():
            reached = "it has no interval" if share is None else f"±{share:.2g} of its mean"
            yield f"Given up after {len(each.rows)} runs: {settings(each)}: {name}: {reached}."


def verdict(ranking: Ranking) -> Iterator[str]:
    """Yield in sentences which point is the best, how sure that is, and the runner-up."""
    best, others = ranking.best, len(ranking.order) - 1
    what = f"{'most' if ranking.maximise else 'least'} {ranking.figure}"
    yield f"Best: {settings(best)}: {what}, {interval(best.estimate(ranking.figure))}."
    if ranking.left_out:
        points = "1 point is" if ranking.left_out == 1 else f"{ranking.left_out} points are"
        yield f"{points} left out: failed, or out of bounds."
    for bound in ranking.close:
        yield f"Its {bound.figure}, {interval(best.estimate(bound.figure))}, may break {bound} all the same."
    if not others:
        return
    lead = interval(ranking.lead)
    yield f"Its lead over the runner-up, {settings(ranking.order[1])}: {lead}, over common seeds."
    if ranking.sure:
        yield f"Sure: with {_percent(ranking.confidence)} confidence, no other of these points is better."
    else:
        needed = ranking.replicas_needed
        more = f"about {needed:,} replicas would tell" if needed else "the two may be alike"
        yield (
            f"Not sure: only with {_percent(ranking.confidence)} confidence, no other of these points is"
            f" better; {more}."
        )


def _percent(confidence: float) -> str:
    almost = 0.9999
    return f"more than {almost:.2%}" if confidence > almost else f"{confidence:.2%}"


def how(found: Sequence[Summary], seed: int) -> str:
    """Return in a sentence how the means were made."""
    counts = [len(each.rows) for each in found if each.point.scenario is not None]
    few, many = min(counts, default=0), max(counts, default=0)
    if many <= 1:
        return f"One run of each point, of seed {seed}: --replicas 10 gives intervals."
    runs = f"{many}" if few == many else f"{few} to {many}"
    return (
        f"Means over {runs} runs of each point, of the same seeds, from {seed}, at every point;"
        f" ± half of the {CONFIDENCE:.0%} interval (Student's t)."
    )
