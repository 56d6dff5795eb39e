"""What the command hands over of a result: figures with the sample they speak of, reports, data."""

import numpy as np
import pytest
from matplotlib.axes import Axes

from analysis.bias_variance import Problem, fixed_x, fresh_x, parse_target, ridge, sample
from analysis.bias_variance.data import fixed_data, fresh_data, replay_data, ridge_data
from analysis.bias_variance.replay import replay_homework
from analysis.bias_variance.results import FixedXResult, FreshXResult
from analysis.bias_variance.runs import run_of
from analysis.console import show

PROBLEM = Problem(target=parse_target("x**2"), noise=0.25, interval=(1.0, 4.0))


def fixed(*degrees: int) -> FixedXResult:
    return fixed_x(PROBLEM, degrees=degrees, datasets=3, points=30, test=4, seed=6)


def fresh(*degrees: int) -> FreshXResult:
    return fresh_x(PROBLEM, degrees=degrees, datasets=3, points=30, test=4, seed=6)


def lines(axes: Axes) -> list[str]:
    return [str(line.get_label()) for line in axes.get_lines()]


@pytest.mark.parametrize(
    ("degrees", "drawn"),
    [
        ((1, 2, 3, 10), (1, 3, 10)),
        ((2, 3, 4), (3,)),
        ((4, 5, 6, 7), (4, 7)),
        ((5, 6), (5, 6)),
        ((4,), (4,)),
        ((19, 20, 21), (19,)),
    ],
)
@pytest.mark.parametrize("experiment", [fixed, fresh])
def test_the_sample_is_drawn_with_the_lines_that_twenty_points_determine(
    experiment: type, degrees: tuple[int, ...], drawn: tuple[int, ...]
) -> None:
    result = experiment(*degrees)
    figure = run_of(result).draw()
    assert figure.get_suptitle() == "f(x) = x**2 on [1, 4], noise 0.25, 30 points, seed 6"
    left, right = figure.axes
    assert lines(left) == ["f", *(f"degree {degree}" for degree in drawn)]
    x, y = sample(PROBLEM, points=20, seed=6)
    np.testing.assert_array_equal(left.collections[0].get_offsets(), np.column_stack([x, y]))
    assert right.get_title().split(":")[0] == ("Fixed x" if experiment is fixed else "Fresh x")
    assert lines(right)[0] == ("bias²" if experiment is fixed else "median E[MSE]")
    np.testing.assert_array_equal(right.get_lines()[0].get_xdata(), degrees)


def test_reports_and_data_are_of_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = fixed(1, 2), fresh(1, 2)
    for result, data, said in (
        (one, fixed_data(one), "Exact, and from 3 data sets"),
        (other, fresh_data(other), "3 draws of the training points"),
    ):
        run = run_of(result)
        assert run.data == data
        show(*run.report)
        assert said in capsys.readouterr().out


def test_a_penalty_is_drawn_over_its_path(capsys: pytest.CaptureFixture[str]) -> None:
    result = ridge(PROBLEM, alpha=0.5, degree=3, datasets=3, points=30, test=4, seed=6)
    run = run_of(result)
    assert run.data == ridge_data(result)
    figure = run.draw()
    assert figure.get_suptitle() == "f(x) = x**2 on [1, 4], noise 0.25, 30 points, seed 6"
    (axes,) = figure.axes
    assert axes.get_title() == "Ridge path of degree 3, legendre basis, exact"
    assert lines(axes)[-1] == "α = 0.5"
    show(*run.report)
    assert "3 data sets" in capsys.readouterr().out


def test_the_homework_is_drawn_with_its_sample(capsys: pytest.CaptureFixture[str]) -> None:
    replay = replay_homework()
    run = run_of(replay)
    assert run.data == replay_data(replay)
    left, right = run.draw().axes
    assert run.draw().get_suptitle() == "The homework as handed in: its sample of 20, and exactly"
    assert lines(left) == ["f", "degree 1", "degree 3"]
    np.testing.assert_array_equal(left.collections[0].get_offsets(), np.column_stack([replay.x, replay.y]))
    assert lines(right)[-1] == "best: 8"
    assert right.get_title() == "Fixed x: exact"
    assert not right.collections  # no bands: nothing is simulated
    show(*run.report)
    assert "1.2  The sample: 20 of 20 rows are as printed" in capsys.readouterr().out
