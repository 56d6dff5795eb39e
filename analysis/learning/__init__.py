"""What learning rates and batch sizes do to training: range tests, cyclical rates, growing batches.

The flow of data::

    idx ─▶ datasets, fashion_mnist ─▶ splits ─▶ training ◀─ plans ◀─ schedules ─▶ schedulers, samplers
                                                   │
       digests ─▶ identity ─▶ checkpoints, memory ─▶ runs ─▶ curves ─▶ batch_growth ─┐
       readings ─▶ range_curve ─▶ lr_range, range_test ──────────────────────────────┴─▶ experiments ◀─ setups
                                                                                            │        ◀─ models
                                                               results · tables · panels ─▶ figures ─▶ cli

What stands in ``__all__`` is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from analysis.lazy import lazily

if TYPE_CHECKING:
    from analysis.learning import experiments
    from analysis.learning.experiments import Means
    from analysis.learning.figures import draw
    from analysis.learning.panels import plot
    from analysis.learning.plans import Plan, control_plan, cyclical_plan, growing_batches, growth_plan
    from analysis.learning.range_curve import RangeCurve
    from analysis.learning.range_test import lr_range_test
    from analysis.learning.readings import Readings, UnreadableError, read
    from analysis.learning.results import CyclicalResult, GrowthResult, RangeResult, read_result
    from analysis.learning.runs import History, Keeping, train
    from analysis.learning.samplers import GrowingBatchSampler
    from analysis.learning.schedulers import RateLR
    from analysis.learning.schedules import Constant, Cyclical, Decay, Ramp, Stepped, gamma_leaving
    from analysis.learning.setups import SCALES, CyclicalOptions, GrowthOptions, RangeOptions, Setup
    from analysis.learning.training import Arithmetic, Data, DivergedError, Examples, evaluate, sgd, updates

_WHERE = {
    "experiments": ("Means",),
    "figures": ("draw",),
    "panels": ("plot",),
    "plans": ("Plan", "control_plan", "cyclical_plan", "growing_batches", "growth_plan"),
    "range_curve": ("RangeCurve",),
    "range_test": ("lr_range_test",),
    "readings": ("Readings", "UnreadableError", "read"),
    "results": ("CyclicalResult", "GrowthResult", "RangeResult", "read_result"),
    "runs": ("History", "Keeping", "train"),
    "samplers": ("GrowingBatchSampler",),
    "schedulers": ("RateLR",),
    "schedules": ("Constant", "Cyclical", "Decay", "Ramp", "Stepped", "gamma_leaving"),
    "setups": ("SCALES", "CyclicalOptions", "GrowthOptions", "RangeOptions", "Setup"),
    "training": ("Arithmetic", "Data", "DivergedError", "Examples", "evaluate", "sgd", "updates"),
}

__all__ = [
    "SCALES",
    "Arithmetic",
    "Constant",
    "Cyclical",
    "CyclicalOptions",
    "CyclicalResult",
    "Data",
    "Decay",
    "DivergedError",
    "Examples",
    "GrowingBatchSampler",
    "GrowthOptions",
    "GrowthResult",
    "History",
    "Keeping",
    "Means",
    "Plan",
    "Ramp",
    "RangeCurve",
    "RangeOptions",
    "RangeResult",
    "RateLR",
    "Readings",
    "Setup",
    "Stepped",
    "UnreadableError",
    "control_plan",
    "cyclical_plan",
    "draw",
    "evaluate",
    "experiments",
    "gamma_leaving",
    "growing_batches",
    "growth_plan",
    "lr_range_test",
    "plot",
    "read",
    "read_result",
    "sgd",
    "train",
    "updates",
]

__getattr__ = lazily(__name__, _WHERE, ("experiments",))
