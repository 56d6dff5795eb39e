"""The command ``scores``."""

from typing import Any

import click

from analysis.delivery import deliver
from analysis.options import figure_option, json_option


@click.command()
@click.option(
    "--data",
    default="breast-cancer",
    show_default=True,
    metavar="NAME|FILE",
    help="breast-cancer, diabetes, or a CSV or ARFF file.",
)
@click.option(
    "--target", metavar="COLUMN", help="The column to predict, of two classes.  [default: the last]"
)
@click.option("--positive", metavar="CLASS", help="The positive class.  [default: the one that sorts last]")
@click.option(
    "--models",
    default="adaboost,logistic",
    show_default=True,
    help="Of adaboost, logistic, forest, naive-bayes.",
)
@click.option(
    "--splits",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="Above 1: also count who wins over this many splits.",
)
@click.option(
    "--bootstrap",
    "replicates",
    type=click.IntRange(10, 1_000_000),
    default=2000,
    show_default=True,
    help="Replicates for the intervals.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=42, show_default=True, help="Of split and bootstrap."
)
@json_option
@figure_option
def scores(**options: Any) -> None:  # noqa: ANN401  # as declared above
    """Rank a held-out third: ROC, precision-recall and PR-gain areas with intervals.

    AUPR is Davis and Goadrich's, AP the average precision. Differences between models are measured on the
    same bootstrap replicates.
    """
    from analysis.scores.runs import scores_run

    run = scores_run(
        options["data"],
        target=options["target"],
        positive=options["positive"],
        models=[name.strip() for name in options["models"].split(",")],
        splits=options["splits"],
        replicates=options["replicates"],
        seed=options["seed"],
        bands=options["figure"] is not None,
    )
    figures = [options["figure"]] if options["figure"] else []
    deliver(run, as_json=options["as_json"], figures=figures)
