"""The command ``scores``."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.errors import AnalysisError
from analysis.options import Within, examples, figure_option, json_option

if TYPE_CHECKING:
    from analysis.scores.operating import Rule
    from analysis.scores.runs import ScoresRun

OF_SCORES = ("truth", "score")
OF_FEATURES = ("data", "target", "models", "splits", "scheme", "folds", "missing_values", "category", "drop")


def _rules(_context: click.Context, _parameter: click.Parameter, texts: Sequence[str]) -> "list[Rule]":
    from analysis.scores.operating import parse_rule

    return [parse_rule(text) for text in dict.fromkeys(texts)]


def _table_file(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a table that could not be written, before anything is computed for it."""
    if path is not None:
        if path.suffix.lower() != ".csv":
            raise AnalysisError(f"points: {str(path)!r} must end in .csv")
        if not path.parent.is_dir():
            raise AnalysisError(f"points: there is no folder {str(path.parent)!r}")
    return path


def _drawable(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> Path | None:
    from analysis.files import check_figure_path

    if path is not None:
        check_figure_path(path)
    return path


@click.command(
    epilog=examples(
        "scores --data breast-cancer --splits 50 --figure curves.png",
        "scores --from-scores mine.csv --truth y --score model_a --score model_b --at precision=0.9",
    )
)
@click.option(
    "--from-scores",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Evaluate scores that a CSV or ARFF file holds; nothing is fitted.",
)
@click.option("--truth", metavar="COLUMN", help="With --from-scores: the column of true classes.")
@click.option(
    "--score",
    multiple=True,
    metavar="COLUMN",
    help="With --from-scores: a model's column; may be repeated.  [default: all others]",
)
@click.option(
    "--data",
    default="breast-cancer",
    show_default=True,
    metavar="NAME|FILE",
    help="Features to learn from: breast-cancer, diabetes, or a CSV or ARFF file.",
)
@click.option("--target", metavar="COLUMN", help="The column to predict.  [default: the last]")
@click.option(
    "--positive",
    metavar="CLASS",
    help="The positive class, against all others.  [default: of two the one that sorts last; of more each]",
)
@click.option("--weight", metavar="COLUMN", help="The column of the rows' weights.")
@click.option(
    "--models",
    default="adaboost,logistic",
    show_default=True,
    help="Of adaboost, logistic, forest, naive-bayes, or import paths: 'sklearn.svm.SVC(C=2)'.",
)
@click.option("--missing", multiple=True, metavar="MARK", help="Also stands for a missing value.")
@click.option(
    "--missing-values",
    type=click.Choice(["fill", "drop"]),
    default="fill",
    show_default=True,
    help="Fill with medians of the training part, or drop the rows.",
)
@click.option("--category", multiple=True, metavar="COLUMN", help="Take as categories whatever it holds.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="Leave this column out.")
@click.option(
    "--header/--no-header",
    default=None,
    help="Whether a CSV's first row names columns.  [default: as it looks]",
)
@click.option(
    "--splits",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="Above 1: also areas and wins over so many splits.",
)
@click.option(
    "--scheme",
    type=click.Choice(["hand-in", "stratified", "cross-validated"]),
    default="hand-in",
    show_default=True,
    help="How to split: at random as the hand-in did, keeping shares of classes, or in folds.",
)
@click.option(
    "--folds", type=click.IntRange(2, 1000), default=5, show_default=True, help="Of cross-validation."
)
@click.option(
    "--at",
    "rules",
    multiple=True,
    callback=_rules,
    metavar="RULE",
    help="Operating point: precision=0.9, or recall, specificity, fpr, threshold; may be repeated.",
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
    "--level",
    type=Within(0.5, 0.9999),
    default=0.95,
    show_default=True,
    help="Of confidence.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=42, show_default=True, help="Of split and bootstrap."
)
@json_option
@figure_option
@click.option(
    "--calibration",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_drawable,
    help="Draw the calibration into this PNG, PDF or SVG.",
)
@click.option(
    "--points",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_table_file,
    help="Write all curves' points into this CSV: thresholds, counts, rates.",
)
@click.pass_context
def scores(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401  # as declared above
    """Rank examples of two classes or more: ROC, precision-recall and PR-gain areas with intervals.

    Of features a third is held out and ranked by a few models; with --from-scores, scores that you already
    have are evaluated. AUPR is the area under Davis and Goadrich's interpolation, AP the average
    precision. Differences between models are measured on the same examples.
    """
    from analysis.delivery import deliver

    given = {
        name
        for name in options
        if context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
    }
    _check_together(options, given)
    run = _run(options)
    others = _others(run, options)
    outputs = [options["figure"]] if options["figure"] else []
    deliver(run.run, as_json=options["as_json"], figures=outputs)
    for write_other in others:  # the result is printed by now, whatever happens here
        write_other()


def _check_together(options: dict[str, Any], given: set[str]) -> None:
    """Refuse options that do not go together."""
    from_scores = options["from_scores"] is not None
    for name in OF_FEATURES if from_scores else OF_SCORES:
        if name in given:
            raise AnalysisError(
                f"--{name.replace('_', '-')} {'does not go' if from_scores else 'goes'} with --from-scores"
            )
    if from_scores and options["truth"] is None:
        raise AnalysisError("--from-scores needs --truth, the column of true classes")
    if "folds" in given and options["scheme"] != "cross-validated":
        raise AnalysisError("--folds goes with --scheme cross-validated")
    files = [options[name] for name in ("figure", "calibration", "points") if options[name] is not None]
    if len({file.resolve() for file in files}) < len(files):
        raise AnalysisError("--figure, --calibration and --points must be different files")


def _run(options: dict[str, Any]) -> "ScoresRun":
    from analysis.scores.models import listed
    from analysis.scores.runs import Settings, file_run, table_run
    from analysis.scores.scorefile import load_scores
    from analysis.scores.tabular import Reading, load

    settings = Settings(
        replicates=options["replicates"],
        seed=options["seed"],
        level=options["level"],
        rules=options["rules"],
        bands=options["figure"] is not None,
    )
    reading = Reading(
        missing=options["missing"],
        drop=options["missing_values"] == "drop",
        category=options["category"],
        without=options["drop"],
        header=options["header"],
        weight=options["weight"],
    )
    if options["from_scores"] is not None:
        file = load_scores(
            options["from_scores"],
            truth=options["truth"],
            scores=options["score"],
            positive=options["positive"],
            reading=reading,
        )
        return file_run(file, settings)
    table = load(options["data"], target=options["target"], positive=options["positive"], reading=reading)
    return table_run(
        table,
        listed(options["models"]),
        settings,
        scheme=options["scheme"],
        splits=options["splits"],
        folds=options["folds"],
    )


def _others(run: "ScoresRun", options: dict[str, Any]) -> list[Callable[[], None]]:
    """Make what comes beside the result, and return what writes it."""
    writers: list[Callable[[], None]] = []
    if options["points"] is not None:
        from analysis.files import write

        content = run.evaluation.points().to_csv(index=False).encode()
        writers.append(partial(write, options["points"], content))
    if options["calibration"] is not None:
        from analysis.figures import save

        writers.append(partial(save, run.draw_calibration(), options["calibration"]))
    return writers
