"""Results small enough to sum up in one's head, as tables to the last character.

Of two seeds Student's half interval is 12.706 standard errors: differences of 10 and 0 points have the
mean 5 ± 5 and reach from -58.53 to 68.53. A rate that goes up and down twice in 20 updates, a quarter of its
amplitude left after them, peaks at .1 + .4 · .25^(1/4) = .38 and .1 + .4 · .25^(3/4) = .24.
"""

from dataclasses import replace
from typing import Any

import pytest

from analysis.learning.batch_growth import Arm, compare
from analysis.learning.curves import Curves, Stretch
from analysis.learning.range_curve import RangeCurve
from analysis.learning.readings import Readings
from analysis.learning.results import CyclicalResult, GrowthResult, RangeResult, Result
from analysis.learning.runs import Epoch
from analysis.learning.schedules import Decay
from analysis.learning.setups import CyclicalOptions, DataSummary, GrowthOptions, RangeOptions, Setup
from analysis.learning.tables import table
from analysis.learning.training import Score

SETUP = Setup("tiny", "digits", train=1280, seeds=2, first_seed=3, momentum=0.5, net="lenet5")
DATA = DataSummary("digits", "0a1b", 1, 8, 8, 10)
COMMON: dict[str, Any] = {"setup": SETUP, "machine": {}, "parameters": 61_706, "data": DATA}
RANGE = RangeResult(
    experiment="lr-range",
    options=RangeOptions(epochs=1),
    candidates=RangeCurve(
        "candidates",
        (1e-3, 1e-2, 0.1, 1.0),
        (2.3, 2.0, 0.5, None),
        (2.3, 2.0, 0.5, None),
        (2.3, 2.0, 0.5, None),
        (2.3, 2.0, 0.5, None),
        Readings(0.01, 0.1, 0.1, 0.1, 1.0),
        0.01,
        0.1,
        None,
    ),
    ramp=RangeCurve(
        "ramp",
        (0.1, 0.2, 0.4),
        (2.0, 2.0, 2.1),
        (2.0, 2.0, 2.1),
        (1.0, 1.0, 1.0),
        (3.0, 3.0, 3.0),
        None,
        None,
        None,
        "it falls nowhere",
    ),
    **COMMON,
)


def run(seed: int, accuracy: float, updates: int = 1234) -> Curves:
    epochs = (
        Epoch(0, 600, 128, 1.5 + seed, accuracy - 0.2, 2.5 + seed, accuracy - 0.3),
        Epoch(1, 1234, 128, 0.5 + seed, accuracy, 1.0 + seed, accuracy - 0.1),
    )
    return Curves(
        seed,
        (Stretch(updates, 0.1, 1.0, 0.5),),
        epochs,
        Score(0.25 + seed / 8, accuracy),
        updates,
        10.0 + 3 * seed,
    )


CYCLICAL = CyclicalResult(
    experiment="cyclical",
    options=CyclicalOptions(0.1, 0.5, Decay.AMPLITUDE, 0.25, 2, 2, 128),
    runs=(run(3, 0.8), run(4, 0.9)),
    **COMMON,
)
ARMS: dict[Arm, tuple[Curves, ...]] = {
    "growth": (run(3, 0.8, 100), run(4, 0.9, 100)),
    "control": (run(3, 0.7, 250), run(4, 0.9, 250)),
    "cyclical": (run(3, 0.9, 80), run(4, 0.98, 80)),
}
GROWTH = GrowthResult(
    experiment="batch-growth",
    options=GrowthOptions(0.1, 0.5, 32, 128, 3),
    arms=ARMS,
    comparisons=(compare(ARMS, "growth", "control"), compare(ARMS, "growth", "cyclical")),
    **COMMON,
)


def shown(result: Result) -> str:
    return "\n".join(part if isinstance(part, str) else "\n".join(part.lines(80)) for part in table(result))


HEAD = (
    "digits (0a1b), lenet5, scale tiny: 1,280 images to learn from, 61,706 parameters, momentum 0.5,"
    " 2 seeds from 3, float32"
)
RANGE_TABLE = """
Training loss, 1 epoch at a constant rate

 rate           loss
 ───────────────────
 1.00e-03     2.3000
 1.00e-02     2.0000
 1.00e-01     0.5000
 1.00e+00   diverged

Suggested bounds, and why (the ramp has 3 updates, mean of 2 seeds)

 read off the curve        candidates           ramp
 ───────────────────────────────────────────────────
 first clear decrease        1.00e-02   not readable
 steepest                    1.00e-01   not readable
 nine tenths of the fall     1.00e-01   not readable
 minimum                     1.00e-01   not readable
 divergence                  1.00e+00   not readable

 suggested lr_min            1.00e-02   not readable
 suggested lr_max            1.00e-01   not readable

The ramp: it falls nowhere."""
CYCLICAL_TABLE = """
CYCLES

 epoch   updates   train loss   train %   val. loss   val. %
 ───────────────────────────────────────────────────────────
 1           600       5.0000     65.00      6.0000    55.00
 2         1,234       4.0000     85.00      4.5000    75.00

Test accuracy, met once, at the end: 85.00 ± 5.00 %"""
CYCLES = (
    "2 cycles between 0.1 and 0.5; the amplitude decays to 0.25 of itself, so they peak at 0.38, 0.24; means"
    " over 2 seeds"
)
GROWTH_TABLE = """
After 3 epochs, batch norm over 32 images of a batch

 arm         batch     rate   updates          test %       test loss   seconds
 ──────────────────────────────────────────────────────────────────────────────
 growth     32–128      0.5       100    85.00 ± 5.00   0.688 ± 0.062        20
 control        32   halved       250   80.00 ± 10.00   0.688 ± 0.062        20
 cyclical       64   cycles        80    94.00 ± 4.00   0.688 ± 0.062        20

Does growth generalise alike? (test accuracy, seed by seed, in points)

 difference                points      95 % interval        verdict
 ──────────────────────────────────────────────────────────────────
 growth − control     5.00 ± 5.00   -58.53 to +68.53   within error
 growth − cyclical   -9.00 ± 1.00    -21.71 to +3.71      undecided

 difference              updates
 ───────────────────────────────
 growth − control    2.50× fewer
 growth − cyclical    1.25× more"""


@pytest.mark.parametrize(
    ("result", "written"),
    [(RANGE, RANGE_TABLE), (CYCLICAL, CYCLICAL_TABLE.replace("CYCLES", CYCLES)), (GROWTH, GROWTH_TABLE)],
    ids=["range", "cyclical", "growth"],
)
def test_a_table_by_hand(result: Result, written: str) -> None:
    assert shown(result) == f"{HEAD}\n{written}"


def test_results_are_short() -> None:
    of = "digits (0a1b), lenet5, scale tiny"
    assert repr(RANGE) == (
        f"RangeResult({of}: RangeCurve(candidates, 4 rates from 0.001 to 1: lr_min 0.01, lr_max 0.1),"
        " RangeCurve(ramp, 3 rates from 0.1 to 0.4: not readable: it falls nowhere))"
    )
    assert repr(CYCLICAL) == f"CyclicalResult({of}: 2 runs, test accuracy 0.8500)"
    assert repr(GROWTH) == (
        f"GrowthResult({of}: test accuracy of growth 0.8500, control 0.8000, cyclical 0.9400)"
    )


def test_one_seed_from_nought_in_half_precision() -> None:
    setup = replace(SETUP, seeds=1, first_seed=0, bfloat16=True, momentum=0.0)
    arms = {arm: runs[:1] for arm, runs in ARMS.items()}
    comparisons = (compare(arms, "growth", "control"),)
    options = replace(GROWTH.options, ghost=0, epochs=1)
    text = shown(replace(GROWTH, setup=setup, options=options, arms=arms, comparisons=comparisons, data=None))
    lines = text.splitlines()
    assert lines[0] == (
        "digits, lenet5, scale tiny: 1,280 images to learn from, 61,706 parameters, momentum 0, 1 seed,"
        " bfloat16"
    )
    assert lines[2] == "After 1 epoch, batch norm over all images of a batch"
    assert " growth     32–128      0.5       100    80.00       0.625        19" in lines
    assert any(
        line.split() == ["growth", "−", "control", "10.00", "one", "seed", "cannot", "tell", "2.50×", "fewer"]
        for line in lines
    )


@pytest.mark.parametrize(
    ("decay", "said"),
    [
        (Decay.NONE, "no decay, so they peak at 0.5, 0.5; means"),
        (Decay.HALVING, "the amplitude halves with each, so they peak at 0.5, 0.3; means"),
        (Decay.BOUNDS, "both bounds decay to 0.25 of themselves, so they peak at 0.35, 0.18; means"),
    ],
)
def test_how_the_cycles_shrink(decay: Decay, said: str) -> None:
    assert said in shown(replace(CYCLICAL, options=replace(CYCLICAL.options, decay=decay)))
    (alone,) = CYCLICAL.runs[:1]
    one = shown(replace(CYCLICAL, options=replace(CYCLICAL.options, decay=decay, cycles=1), runs=(alone,)))
    assert "1 cycle between" in one
    assert "means over" not in one
    assert "Test accuracy, met once, at the end: 80.00 %" in one


def test_pandas_gets_every_epoch_and_every_rate() -> None:
    frame = GROWTH.to_pandas()
    names = ["arm", "seed", "epoch", "updates", "batch", "train_loss", "train_accuracy", "validation_loss"]
    assert frame.columns.tolist() == [*names, "validation_accuracy"]
    assert frame["arm"].tolist() == [arm for arm in ARMS for _ in range(4)]
    assert frame["seed"].tolist() == [3, 3, 4, 4] * 3
    assert set(CYCLICAL.to_pandas()["arm"]) == {"cyclical"}
    rates = RANGE.to_pandas()
    assert rates.columns.tolist() == ["rate", "loss", "smoothed", "lowest", "highest", "curve"]
    assert rates["curve"].tolist() == ["candidates"] * 4 + ["ramp"] * 3
    assert rates["rate"].tolist() == [1e-3, 1e-2, 0.1, 1.0, 0.1, 0.2, 0.4]
