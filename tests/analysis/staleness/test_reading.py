"""Summaries of runs against counts by hand."""

import re
from dataclasses import replace

import pytest
from scipy.stats import ttest_rel

from analysis.errors import AnalysisError
from analysis.learning.estimates import Estimate
from analysis.learning.setups import DataSummary, Setup
from analysis.learning.training import Score
from analysis.staleness.figures import draw
from analysis.staleness.reading import level, reached, summary
from analysis.staleness.results import Arm, StalenessResult
from analysis.staleness.runs import Curve, Divergence, Point
from analysis.staleness.settings import StalenessOptions
from analysis.staleness.tables import _about, _bytes, table


def curve(seed: int, *accuracies: float) -> Curve:
    """A run that was looked at every two seconds, with an update a second."""
    points = tuple(
        Point(2.0 * place, 2 * place, 1.0 - accuracy, 2.0, accuracy)
        for place, accuracy in enumerate(accuracies)
    )
    return Curve(seed, points, Score(0.5, accuracies[-1]), None, points[-1].updates, 10, 1.0)


def result(*arms: tuple[str, list[Curve]]) -> StalenessResult:
    return StalenessResult(
        "staleness",
        {"title": "by hand"},
        Setup("tiny", seeds=len(arms[0][1])),
        StalenessOptions(lr=0.1, batch=8, target=0.8),
        {},
        650,
        2600,
        tuple(Arm(name, name, (0.0,), (6, 3, 1), 2, tuple(curves)) for name, curves in arms),
        DataSummary("data", "0", 1, 8, 8, 10),
    )


SLOW = [curve(0, 0.1, 0.5, 0.7, 0.8), curve(1, 0.1, 0.6, 0.8, 0.9), curve(2, 0.1, 0.5, 0.9, 0.8)]
FAST = [curve(0, 0.1, 0.8, 0.7, 0.7), curve(1, 0.1, 0.9, 0.8, 0.8), curve(2, 0.1, 0.5, 0.8, 0.9)]


def test_the_target_is_reached_at_the_first_look_at_it() -> None:
    assert [point and point.seconds for point in (reached(each, 0.8) for each in SLOW)] == [6, 4, 4]
    assert reached(SLOW[0], 0.81) is None


def test_the_level_is_the_mean_of_the_last_tenth() -> None:
    long = curve(0, *(0.0 for _ in range(28)), 0.8, 0.9)
    assert level(long) == pytest.approx(((0.0 + 0.8 + 0.9) / 3, (1.0 + 0.2 + 0.1) / 3))
    assert level(SLOW[0])[0] == 0.8


def test_protocols_are_compared_seed_by_seed() -> None:
    found = summary(result(("slow", SLOW), ("fast", FAST)))
    slow, fast = found.rows
    assert slow.seconds is not None
    assert fast.seconds is not None
    assert slow.seconds.mean == pytest.approx(14 / 3)
    assert fast.seconds.mean == pytest.approx(8 / 3)
    (contrast,) = found.contrasts
    assert contrast.seconds is not None
    expected = ttest_rel([2, 2, 4], [6, 4, 4]).confidence_interval(0.95)
    assert contrast.seconds.difference.mean == pytest.approx(-2)
    assert contrast.seconds.interval == pytest.approx(tuple(expected))
    assert contrast.accuracy is not None
    assert contrast.accuracy.difference.mean == pytest.approx(-0.1 / 3)
    assert contrast.accuracy.verdict == "within error"


def diverged(seed: int) -> Curve:
    sound = curve(seed, 0.1, 0.2)
    return replace(sound, test=None, diverged=Divergence("the loss is nan", 3, 3.5))


def shown(of: StalenessResult) -> str:
    return "\n".join(part if isinstance(part, str) else "\n".join(part.lines(80)) for part in table(of))


def test_one_run_that_diverges_leaves_its_protocol_no_figures() -> None:
    found = result(("slow", SLOW), ("wild", [*FAST[:2], diverged(2)]))
    row = summary(found).rows[1]
    assert (row.diverged, row.reached) == (1, 2)
    assert row.seconds is row.accuracy is row.test is None
    assert summary(found).contrasts[0].seconds is None
    text = shown(found)
    assert "wild, seed 2: the loss is nan at 3.5 s, update 4; try a lower --lr." in text
    assert text.count("diverged in 1 of 3") == 2
    draw(found)


def test_a_run_that_diverges_before_the_first_look_is_drawn_too() -> None:
    found = result(("wild", [replace(diverged(0), points=())]))
    assert "no protocol in every run, and each diverged: lower --lr" in shown(found)
    draw(found)


def test_a_table_has_the_figures() -> None:
    text = shown(result(("slow", SLOW), ("fast", FAST)))
    assert "First to 80 %: fast, after 2.667 s of simulated time." in text
    assert "Replaying keeps at most 2 versions of the weights at once: 5.2 kB" in text
    assert " slow       4.667 ± 2.868   4.667 ± 2.868         0.5" in text
    for line in text.splitlines():
        assert len(line) <= 80 or " " in line  # sentences are wrapped later


def test_arms_of_other_seeds_are_no_result() -> None:
    with pytest.raises(AnalysisError, match="must have the same seeds"):
        result(("slow", SLOW), ("fast", FAST[:2]))


# Of three numbers Student's half interval is 4.303 standard deviations over the root of 3: of seconds 6, 4
# and 4 it is 2.868, of levels 80, 90 and 80 % 14.34, of differences -4, -2 and 0 it is 4.968.
THREE_SEEDS = """\
by hand; data (0), small-inception, scale tiny: 55,000 images to learn from, 650 parameters
Rate 0.1, constant, 8 images to a gradient, momentum 0, weights mean, batch norm latest, 3 seeds from 0
Replaying keeps at most 2 versions of the weights at once: 5.2 kB

Until 80 % of the validation images are right (± half of Student's 95 % interval over 3 seeds)

 protocol         seconds         updates   staleness   updates a second
 ───────────────────────────────────────────────────────────────────────
 slow       4.667 ± 2.868   4.667 ± 2.868         0.5                  1
 fast       2.667 ± 2.868   2.667 ± 2.868         0.5                  1

First to 80 %: fast, after 2.667 s of simulated time.

Where it ends: means over the last tenth of the time, and the test met once

 protocol    validation %   training loss          test %
 ────────────────────────────────────────────────────────
 slow       83.33 ± 14.34   0.167 ± 0.143   83.33 ± 14.34
 fast       80.00 ± 24.84   0.200 ± 0.248   80.00 ± 24.84

Beside slow, seed by seed: seconds to 80 %, and points of accuracy at the end

 protocol     difference      95 % interval        verdict
 ─────────────────────────────────────────────────────────
 fast             -2.0 s       -7.0 to +3.0      undecided

 fast       -3.33 points   -32.02 to +25.35   within error"""

# Looked at every 2,000 s, with 40 updates in between.
ONE_SEED = """\
by hand; data (0), small-inception, scale tiny: 55,000 images to learn from, 650 parameters
Rate 0.1, 1 image to a gradient, momentum 0, weights mean, batch norm latest, 1 seed from 0
Replaying keeps at most 2 versions of the weights at once: 5.2 kB

Until 80 % of the validation images are right; one seed tells no interval

 protocol   seconds   updates   staleness   updates a second
 ───────────────────────────────────────────────────────────
 slow         6.000     6.000         0.5                  1
 late         2,000      40.0         0.5               0.02

First to 80 %: slow, after 6 s of simulated time.

Where it ends: means over the last tenth of the time, and the test met once

 protocol   validation %   training loss   test %
 ────────────────────────────────────────────────
 slow              80.00           0.200    80.00
 late              70.00           0.300    70.00

Beside slow, seed by seed: seconds to 80 %, and points of accuracy at the end

 protocol      difference   95 % interval                verdict
 ───────────────────────────────────────────────────────────────
 late          +1,994.0 s                   one seed cannot tell

 late       -10.00 points                   one seed cannot tell"""


def test_the_whole_of_a_table_by_hand() -> None:
    assert shown(result(("slow", SLOW), ("fast", FAST))) == THREE_SEEDS


def test_one_seed_has_no_intervals_and_large_numbers_no_decimals() -> None:
    (sound,) = FAST[:1]
    points = tuple(
        replace(point, seconds=1000 * point.seconds, updates=20 * point.updates) for point in sound.points
    )
    found = result(("slow", SLOW[:1]), ("late", [replace(sound, points=points)]))
    options = replace(found.options, rules=("constant", "over-staleness"), batch=1)
    assert shown(replace(found, options=options)) == ONE_SEED


def test_a_target_that_is_not_reached_in_every_run() -> None:
    found = replace(result(("slow", SLOW), ("fast", FAST)), version_bytes=2_000_000_000)
    text = shown(replace(found, options=replace(found.options, target=0.85)))
    assert (
        "85 % is reached by no protocol in every run; the highest level is 83.33 %, of slow: lower --target,"
        " or let the scenario go on for longer with --until."
    ) in text
    assert text.count("  in 2 of 3  ") == 2
    assert re.search(r"^ *fast +not reached by both$", text, re.MULTILINE)
    assert "versions of the weights at once: 4 GB" in text
    assert "never" in shown(replace(found, options=replace(found.options, target=0.95)))
    assert shown(found) == shown(replace(found, options=replace(found.options, target=0.8)))


def test_training_loss_is_of_sound_runs_and_a_mean_over_seeds() -> None:
    row = summary(result(("slow", SLOW))).rows[0]
    assert row.loss is not None
    assert row.test is not None
    assert row.updates is not None
    means = (row.loss.mean, row.test.mean, row.updates.mean)
    assert means == pytest.approx((0.5 / 3, 2.5 / 3, 14 / 3))
    assert (row.arm, row.seeds, row.diverged, row.reached) == ("slow", 3, 0, 3)


def test_arms_without_runs_are_no_result() -> None:
    with pytest.raises(AnalysisError, match=r"^arms: must be one at least, each with its runs$"):
        result(("slow", SLOW), ("none", []))
    with pytest.raises(AnalysisError, match=r"^arms: must be one at least, each with its runs$"):
        replace(result(("slow", SLOW)), arms=())


def test_sizes_and_means_have_as_many_digits_as_they_need() -> None:
    sizes = {
        999: "999 B",
        1000: "1 kB",
        3_340_000: "3.34 MB",
        999_000_000: "999 MB",
        10**9: "1 GB",
        10**13: "1e+04 GB",
    }
    assert {size: _bytes(size) for size in sizes} == sizes
    means = {
        0.1234: "0.123",
        9.9994: "9.999",
        10.0: "10.0",
        999.94: "999.9",
        1000.0: "1,000",
        -1234.5: "-1,234",
    }
    assert {mean: _about(Estimate(mean, None), 1) for mean in means} == means
    assert _about(Estimate(0.5, 0.01), 3, 100) == "50.00 ± 4.30"
    assert _about(None, 3) == ""
