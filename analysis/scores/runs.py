"""The runs behind the command ``scores``: settings in, report, data and figures out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.console import counted, progress
from analysis.console import table as new_table
from analysis.delivery import Run
from analysis.errors import AnalysisError
from analysis.scores import plain, report
from analysis.scores.areas import LABELS
from analysis.scores.evaluation import Evaluation, evaluate_of
from analysis.scores.experiment import Ranked, rank, repeat
from analysis.scores.operating import Rule
from analysis.scores.scored import Scored
from analysis.scores.scorefile import ScoreFile
from analysis.scores.splits import Scheme
from analysis.scores.tabular import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.progress import Progress


@dataclass(frozen=True)
class Settings:
    """What is to be told of scores.

    Attributes
    ----------
    replicates, seed
        Of the bootstrap.
    level
        Of intervals.
    rules
        Of operating points.
    bands
        Whether the figure is to have bands.
    """

    replicates: int
    seed: int
    level: float
    rules: Sequence[Rule] = ()
    bands: bool = False


@dataclass(frozen=True, eq=False)
class ScoresRun:
    """A finished run and what its other files are made from.

    Attributes
    ----------
    run
        Report, data and figure.
    evaluation
        Of the positive class, or of the last where each stands against the rest.
    title
        What figures are headed with.
    """

    run: Run
    evaluation: Evaluation
    title: str

    def draw_calibration(self) -> "Figure":
        """Draw the calibration."""
        from analysis.scores.figures import draw_calibration

        if all(self.evaluation.calibration(name) is None for name in self.evaluation.names):
            raise AnalysisError("calibration: no model's scores are probabilities")
        return draw_calibration(self.evaluation, title=self.title)


def file_run(file: ScoreFile, settings: Settings) -> ScoresRun:
    """Tell what a file of scores holds."""
    s = file.scored
    with progress() as bar:
        found = _evaluate(s, settings, bar)
    lines: list[Any] = [
        f"{file.source}: {_sizes(s, file.positive)}.",
        *file.notes,
        *report.areas_report(found),
        *report.operating_report(found, settings.rules),
        *report.calibration_report(found),
    ]
    data = {"data": {"source": file.source, "positive": file.positive, "notes": list(file.notes)}}
    title = f"{file.source}: {_sizes(s, file.positive)}; {_drawn(settings)}"
    return _finished(found, lines, data | plain.evaluation_data(found, settings.rules), title)


def table_run(
    table: Table,
    models: Sequence[str],
    settings: Settings,
    *,
    scheme: Scheme,
    splits: int,
    folds: int,
) -> ScoresRun:
    """Rank one split's test part with intervals, and many splits where asked for."""
    with progress() as bar:
        fitting = bar.add_task("fitting", total=None)
        one = "hand-in" if scheme == "hand-in" else "stratified"
        ranked = rank(
            table, models, seed=settings.seed, scheme="stratified" if one != "hand-in" else "hand-in"
        )
        bar.remove_task(fitting)
        opening = _opening(table, ranked, settings, one)
        told = [(name, _evaluate(s, settings, bar)) for name, s in _views(table, ranked)]
        lines, data = [*opening], _table_data(table, ranked, settings, one)
        for name, found in told:
            part = plain.evaluation_data(found, settings.rules)
            if len(told) > 1:
                lines.append(f"\n{name} against the rest, {_sizes(found.scored, name)}:\n")
                data.setdefault("one_versus_rest", {})[name] = part
            else:
                data |= part
            lines += report.areas_report(found)
            if settings.rules:
                lines += report.operating_report(found, settings.rules)
        if len(told) > 1:
            lines += _macro(told)
        if splits > 1 or scheme == "cross-validated":
            runs = splits * (folds if scheme == "cross-validated" else 1)
            task = bar.add_task("splits", total=runs)
            repeats = repeat(
                table, models, splits=splits, scheme=scheme, folds=folds, advance=lambda: bar.advance(task)
            )
            lines += report.repeated_report(repeats)
            data["repeated"] = plain.repeated_data(repeats)
    name, found = told[-1]
    of = f"{name} against the rest, " if len(told) > 1 else ""
    title = (
        f"{table.name}: {of}{_sizes(found.scored, name)} to test; split of seed {settings.seed};"
        f" {_drawn(settings)}"
    )
    return _finished(found, lines, data, title)


def _views(table: Table, ranked: Ranked) -> list[tuple[str, Scored]]:
    """Return what is to be ranked: the positive class, or each against the rest."""
    if table.positive is not None:
        return [(table.positive, ranked.against_the_rest(table))]
    return [(name, ranked.against_the_rest(table, place)) for place, name in enumerate(table.classes)]


def _evaluate(s: Scored, settings: Settings, bar: "Progress") -> Evaluation:
    task = bar.add_task("bootstrap", total=settings.replicates)
    return evaluate_of(
        s,
        replicates=settings.replicates,
        rng=np.random.default_rng(settings.seed),
        bands=settings.bands,
        level=settings.level,
        advance=lambda done: bar.advance(task, done),
    )


def _finished(found: Evaluation, lines: Sequence[Any], data: dict[str, Any], title: str) -> ScoresRun:
    def draw() -> "Figure":
        return found.plot(title=title)

    return ScoresRun(run=Run(report=lines, data=data, draw=draw), evaluation=found, title=title)


def _opening(table: Table, ranked: Ranked, settings: Settings, scheme: str) -> list[Any]:
    """Return what was read, and how it was split."""
    held = np.bincount(table.target, minlength=len(table.classes))
    if table.positive is None:
        classes = ", ".join(f"{count} {name}" for count, name in zip(held, table.classes, strict=True))
    else:
        classes = f"{int(table.labels.sum())} {table.positive}"
    test = len(ranked.target)
    if table.positive is None:
        drawn = f"{counted(test, 'row')} to test"
    else:
        positives = int((ranked.target == table.classes.index(table.positive)).sum())
        drawn = f"{counted(test, 'row')} to test, {positives} of them positive"
    stratified = "Stratified split" if scheme == "stratified" else "Split"
    return [
        f"{table.name}, from {table.source}",
        f"{counted(len(table.target), 'row')}, {classes}.",
        *table.notes,
        *(
            ["Missing numbers are filled with the training part's medians, where a model cannot take them."]
            if table.incomplete
            else []
        ),
        *ranked.notes,
        f"{stratified} of seed {settings.seed}: {drawn}.",
    ]


def _table_data(table: Table, ranked: Ranked, settings: Settings, scheme: str) -> dict[str, Any]:
    held = np.bincount(table.target, minlength=len(table.classes))
    return {
        "data": {
            "name": table.name,
            "source": table.source,
            "rows": len(table.target),
            "classes": {name: int(count) for name, count in zip(table.classes, held, strict=True)},
            "positive": table.positive,
            "notes": [*table.notes, *ranked.notes],
        },
        "split": {"seed": settings.seed, "scheme": scheme, "test_rows": len(ranked.target)},
    }


def _macro(told: Sequence[tuple[str, Evaluation]]) -> list[Any]:
    """Return the mean over classes of each area."""
    made = new_table("area", "mean over classes")
    for area, label in LABELS.items():
        made.add_row(label)
        for name in told[0][1].names:
            mean = float(np.mean([found.area(area, name) for _, found in told]))
            made.add_row(f"  {name}", f"{mean:.4f}")
    return ["\nEach class against the rest, all alike:\n", made]


def _sizes(s: Scored, positive: str) -> str:
    weighted = "" if s.weights is None else f", weighted: {100 * s.share:.4g} %"
    return f"{counted(len(s.labels), 'row')}, {s.positives} of them {positive}{weighted}"


def _drawn(settings: Settings) -> str:
    return f"{counted(settings.replicates, 'replicate')} of seed {settings.seed}"
