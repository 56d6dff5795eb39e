"""What stands at the door of the room, and how results look."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import analysis.bias_variance as room
from analysis.bias_variance import Problem, fixed_x, fresh_x, parse_target, plot, ridge

PROBLEM = Problem(target=parse_target("x + sin(1.5*x)"))
FIXED = fixed_x(PROBLEM, degrees=range(1, 11))
FRESH = fresh_x(PROBLEM, degrees=(1, 6, 8))
RIDGE = ridge(PROBLEM, alpha=0.5, basis="monomial")


def test_results_are_short_and_say_what_they_are_of() -> None:
    assert repr(FIXED) == (
        "FixedXResult(f(x) = x + sin(1.5*x) on [0, 10], noise 0.3, 50 points, seed 21: 10 fits,"
        " best degree 8, E[MSE] 0.377492)"
    )
    assert "by the mean degree 6, by the median degree 8" in repr(FRESH)
    assert "E[MSE] 0.390883; with 0.5 on monomial coefficients 0.387058" in repr(RIDGE)


@pytest.mark.parametrize("result", [FIXED, FRESH, RIDGE])
def test_notebooks_get_a_table(result: room.FixedXResult | room.FreshXResult | room.RidgeResult) -> None:
    html = result._repr_html_()
    assert html.startswith("<p>")
    assert html.count("<tr") == len(result.to_pandas()) + 1


def test_tables_name_their_columns() -> None:
    parts = ("bias_squared", "variance", "mse")
    simulated = [f"simulated_{part}{end}" for part in parts for end in ("", "_se")]
    assert FIXED.to_pandas().columns.tolist() == ["fit", *parts, *simulated]
    assert FRESH.to_pandas().columns.tolist() == ["fit", *simulated, "mse_5%", "mse_50%", "mse_95%"]
    assert RIDGE.to_pandas().columns.tolist() == ["alpha", *parts]
    frame = FRESH.to_pandas()
    for part in parts:
        estimates = getattr(FRESH.fresh.simulation, part)
        assert frame[f"simulated_{part}"].tolist() == estimates.value.tolist()
        assert frame[f"simulated_{part}_se"].tolist() == estimates.se.tolist()


def test_pandas_gets_the_published_figures() -> None:
    frame = FIXED.to_pandas().set_index("fit")
    eighth = [round(float(frame[part]["degree 8"]), 6) for part in ("mse", "bias_squared", "variance")]
    assert eighth == [0.377492, 0.003803, 0.073688]
    assert (frame["simulated_mse_se"] > 0).all()
    path = RIDGE.to_pandas().set_index("alpha")
    assert path["mse"].idxmin() == pytest.approx(0.126, rel=0.01)
    assert FRESH.to_pandas()["mse_50%"].tolist() == FRESH.fresh.quantile(0.5).tolist()


@pytest.mark.parametrize("result", [FIXED, FRESH, RIDGE])
def test_a_result_is_drawn_where_one_likes(
    result: room.FixedXResult | room.FreshXResult | room.RidgeResult,
) -> None:
    axes = Figure().subplots()
    assert plot(result, axes) is axes
    assert axes.get_lines()
    assert axes.get_xlabel() in ("degree", "α")


def test_the_lowest_of_a_path_may_be_its_edge() -> None:
    from analysis.bias_variance.report import ridge_report

    constant = ridge(Problem(target=parse_target("2")), alpha=1.0, degree=3)
    assert int(np.argmin(constant.path.mse)) == len(constant.alphas) - 1
    said = ridge_report(constant)[-1]
    assert "lowest at the greatest penalty" in said
    assert "more of it may be better still" in said
