import analysis.scores as room
from tests.commands import run_python

FUNCTIONS = {
    "aupr",
    "auprg",
    "auroc",
    "baseline",
    "bootstrap",
    "calibration",
    "counts",
    "delong",
    "dominates",
}
FUNCTIONS |= {"evaluate", "load", "load_scores", "pr", "pr_between", "pr_to_roc", "prg", "rank", "repeat"}
FUNCTIONS |= {"roc", "roc_to_pr"}
KINDS = {"Baseline", "Bootstrap", "Calibration", "Counts", "Delong", "Difference", "Evaluation", "Interval"}
KINDS |= {"Point", "Reading", "Repeats", "Table"}


def test_what_a_user_needs_stands_in_the_room_and_is_no_module() -> None:
    assert set(room.__all__) == FUNCTIONS | KINDS
    assert all(callable(getattr(room, name)) for name in FUNCTIONS)
    assert all(isinstance(getattr(room, name), type) for name in KINDS)


def test_nothing_is_loaded_before_it_is_used() -> None:
    code = (
        "import sys, analysis.scores as s; before = 'numpy' in sys.modules; s.auroc([0, 1], [1, 2]);"
        "print(before, *({'matplotlib', 'sklearn', 'pandas', 'torch'} & set(sys.modules)))"
    )
    done = run_python("-c", code)
    assert done.stdout == "False\n"
