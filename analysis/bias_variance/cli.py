"""The command ``bias-variance``."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from analysis.delivery import deliver
from analysis.errors import AnalysisError
from analysis.options import examples, figure_option, json_option

if TYPE_CHECKING:
    from analysis.bias_variance.results import FixedXResult, FreshXResult

T = TypeVar("T")

MOST_DATASETS = 100_000
SCHEMES = ("fixed-x", "fresh-x")
BASES = ("legendre", "monomial")


class Degrees(click.ParamType[tuple[int, ...]]):
    """Degrees as ``1..15`` or ``1,3,10``."""

    name = "degrees"

    def convert(
        self,
        value: Any,  # noqa: ANN401  # as click has it
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[int, ...]:
        """Read ``a..b``, ``a,b,c`` or a mixture of both."""
        if isinstance(value, tuple):
            return value
        degrees: set[int] = set()
        for part in str(value).split(","):
            match = re.fullmatch(r"\s*(\d{1,4})(?:\.\.(\d{1,4}))?\s*", part)
            if match is None:
                self.fail(f"{value!r} is not like 1..15 or 1,3,10", param, ctx)
            first, last = int(match[1]), int(match[2] or match[1])
            if first > last:
                self.fail(f"{part.strip()!r} counts down: write {last}..{first}", param, ctx)
            degrees.update(range(first, last + 1))
        return tuple(sorted(degrees))


@click.command(
    "bias-variance",
    epilog=examples(
        "bias-variance --degrees 1..10 --figure parts.png",
        "bias-variance --ridge 0.5 --degree 10 --basis monomial",
    ),
)
@click.option("--degrees", type=Degrees(), default="1..15", show_default=True, help="Degrees to fit.")
@click.option(
    "--ridge", type=float, metavar="ALPHA", help="Compare one degree without and with this penalty."
)
@click.option("--degree", type=click.IntRange(1, 9999), help="The degree for --ridge.  [default: 10]")
@click.option(
    "--basis",
    type=click.Choice(BASES),
    help="Whose coefficients --ridge penalises (never the constant's).  [default: legendre]",
)
@click.option(
    "--scheme",
    type=click.Choice(SCHEMES),
    default="fixed-x",
    show_default=True,
    help="Keep x over all data sets (exact), or redraw the training x for a fixed test set.",
)
@click.option(
    "--datasets",
    type=click.IntRange(3, MOST_DATASETS),
    default=100,
    show_default=True,
    help="Data sets to draw.",
)
@click.option("--noise", type=float, default=0.3, show_default=True, help="Variance of the noise.")
@click.option(
    "--function", default="x + sin(1.5*x)", show_default=True, metavar="EXPR", help="The truth, in x."
)
@click.option(
    "--interval",
    type=(float, float),
    metavar="LOW HIGH",
    default=(0.0, 10.0),
    show_default=True,
    help="Lowest and highest x.",
)
@click.option(
    "--points", type=click.IntRange(2, 10_000), default=50, show_default=True, help="Points in all."
)
@click.option(
    "--test", type=click.IntRange(1, 9_999), default=10, show_default=True, help="Test points of these."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=21, show_default=True, help="Of every draw."
)
@click.option(
    "--replay-handed-in", is_flag=True, help="Replay the original homework, the exact figures beside."
)
@json_option
@figure_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write result.json and figure.png into this folder.",
)
@click.pass_context
def bias_variance(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401  # as declared above
    """Decompose the error of polynomial fits into bias, variance and noise.

    For fixed x the figures are exact; a simulation with standard errors stands beside them.
    """
    from analysis.bias_variance import experiments
    from analysis.bias_variance.decomposition import Problem
    from analysis.bias_variance.replay import replay_homework
    from analysis.bias_variance.runs import run_of
    from analysis.bias_variance.target import parse_target

    given = {name for name in options if context.get_parameter_source(name) is not ParameterSource.DEFAULT}
    outputs = {"as_json", "figure", "out"}
    if options["replay_handed_in"]:
        _exclude("--replay-handed-in", given - outputs - {"replay_handed_in"}, "it replays fixed settings")
        run = run_of(_watched("replaying", replay_homework))
    else:
        problem = Problem(
            target=parse_target(options["function"]), noise=options["noise"], interval=options["interval"]
        )
        common = {name: options[name] for name in ("datasets", "points", "test", "seed")}
        if options["ridge"] is not None:
            _exclude("--ridge", given & {"degrees", "scheme"}, "it compares one --degree at fixed x")
            compare = partial(
                experiments.ridge,
                problem,
                alpha=options["ridge"],
                degree=options["degree"] or 10,
                basis=options["basis"] or "legendre",
                **common,
            )
            run = run_of(_watched("ridge path", compare))
        else:
            for name in ("degree", "basis"):
                if options[name] is not None:
                    raise AnalysisError(f"--{name} goes with --ridge: give a penalty as well")
            choose: Callable[..., FixedXResult | FreshXResult]
            choose = experiments.fixed_x if options["scheme"] == "fixed-x" else experiments.fresh_x
            name = f"{options['datasets']:,} data sets"
            run = run_of(_watched(name, lambda: choose(problem, degrees=options["degrees"], **common)))
    figures = [options["figure"]] if options["figure"] else []
    folder: Path | None = options["out"]
    if folder:
        figures.append(folder / "figure.png")
    deliver(
        run,
        as_json=options["as_json"],
        figures=figures,
        kept=folder / "result.json" if folder else None,
    )


def _watched(name: str, work: Callable[[], T]) -> T:
    """Show that something is going on, as long as it is."""
    from analysis.console import progress

    with progress() as bar:
        bar.add_task(name, total=None)
        return work()


def _exclude(option: str, others: set[str], reason: str) -> None:
    if others:
        name = "--" + min(others).replace("_", "-")
        raise AnalysisError(f"{name} does not go with {option}: {reason}")
