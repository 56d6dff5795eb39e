"""What each room of ``analysis`` offers at its door."""

from importlib import import_module
from types import ModuleType

import pytest

from tests.commands import run_python

ROOMS = {
    "analysis.bias_variance": [
        "Decomposition",
        "FixedXResult",
        "FreshXResult",
        "OwnTarget",
        "Problem",
        "QuadraticForm",
        "RidgeResult",
        "Split",
        "Target",
        "detectability",
        "exact",
        "fixed_split",
        "fixed_x",
        "fresh_x",
        "hat_matrices",
        "parse_target",
        "plot",
        "replay_homework",
        "ridge",
        "ridge_hat_matrices",
        "sample",
        "simulate",
        "simulate_estimators",
        "simulate_fresh_x",
        "squared_error",
    ],
    "analysis.learning": [
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
    ],
    "analysis.report": [
        "SCALES",
        "Claim",
        "Found",
        "Judged",
        "Judgement",
        "Kind",
        "Order",
        "Ours",
        "Printed",
        "Scale",
        "Verdict",
        "judge",
        "judged",
        "make",
        "pages",
    ],
}
HEAVY = {"numpy", "sympy", "scipy", "torch", "matplotlib", "pandas", "joblib", "sklearn"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_door_offers_what_it_did(room: str) -> None:
    assert import_module(room).__all__ == ROOMS[room]


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_offered_is_there_whatever_was_loaded_before(room: str) -> None:
    package = import_module(room)
    for _ in range(2):
        for name in package.__all__:
            offered = getattr(package, name)
            assert isinstance(offered, ModuleType) == (name == "experiments"), name
        for name in package._WHERE:
            import_module(f"{room}.{name}")


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_not_offered_is_said(room: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{room}' has no attribute 'bogus'"):
        import_module(room).bogus  # noqa: B018  # looking is what is tested


@pytest.mark.parametrize("room", ROOMS)
def test_a_door_opens_without_what_is_heavy(room: str) -> None:
    done = run_python("-c", f"import sys, {room}; print(*sys.modules)")
    assert done.returncode == 0
    assert HEAVY.isdisjoint(done.stdout.split())
