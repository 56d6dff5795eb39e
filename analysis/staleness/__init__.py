"""What staleness does to learning: training whose every gradient is as old as a simulated run makes it.

The flow of data::

                              sim.Trace ─▶ agenda ─┐
    rules ─▶ recipe · batches · batch_norm · versions ─▶ replay ─▶ runs ─▶ experiment ─▶ cli
                                                                               │
                                                                 results ─▶ reading ─▶ tables · figures

What stands in ``__all__`` is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from analysis.lazy import lazily

if TYPE_CHECKING:
    from analysis.staleness.agenda import Agenda
    from analysis.staleness.batches import batch_rows
    from analysis.staleness.figures import draw
    from analysis.staleness.reading import Summary, summary
    from analysis.staleness.recipe import Recipe
    from analysis.staleness.replay import Step, train_by_trace
    from analysis.staleness.results import Arm, StalenessResult, read_staleness
    from analysis.staleness.rules import Polynomial, Rule, parse_rule
    from analysis.staleness.runs import Curve, Point

_WHERE = {
    "agenda": ("Agenda",),
    "batches": ("batch_rows",),
    "figures": ("draw",),
    "reading": ("Summary", "summary"),
    "recipe": ("Recipe",),
    "replay": ("Step", "train_by_trace"),
    "results": ("Arm", "StalenessResult", "read_staleness"),
    "rules": ("Polynomial", "Rule", "parse_rule"),
    "runs": ("Curve", "Point"),
}

__all__ = [
    "Agenda",
    "Arm",
    "Curve",
    "Point",
    "Polynomial",
    "Recipe",
    "Rule",
    "StalenessResult",
    "Step",
    "Summary",
    "batch_rows",
    "draw",
    "parse_rule",
    "read_staleness",
    "summary",
    "train_by_trace",
]

__getattr__ = lazily(__name__, _WHERE)
