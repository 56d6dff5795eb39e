"""What the command line prints of checks, comparisons, published figures and the zoo, as rich renderables."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text

from nets import zoo
from nets.counting.crosscheck import Check, Difference
from nets.counting.published import PUBLISHED, Verdict
from nets.layers.base import show
from nets.tables.comparison import Comparison, Pair
from nets.tables.presets import CONVENTIONS
from nets.tables.working import worked_shape

_COMMON = ("channels", "classes", "size", "width")


def grid(*headings: str, left: int = 1) -> Grid:
    """Return an empty table: so many columns on the left, numbers on the right."""
    table = Grid(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="left" if index < left else "right", overflow="fold")
    return table


def _number(value: Any) -> str:  # noqa: ANN401  # ints, or shapes
    if isinstance(value, tuple):
        return show(value)
    return "–" if value is None else f"{value:,}"


def check_report(check: Check) -> Iterator[RenderableType]:
    """Yield the totals, the differences under their explanations, and the verdict."""
    yield Text(f"{check.name}, input {show(check.input)}, {check.layers} layers", style="bold")
    totals = grid("", "formula", "counted", "by", "difference")
    for quantity, formula, source, counted in check.totals:
        word = "torch (FLOPs / 2)" if (quantity, source) == ("MACs", "torch") else source
        off = f"{counted - formula:+,}" if counted != formula else "0"
        totals.add_row(quantity, _number(formula), _number(counted), word, off)
    yield totals
    yield ""
    explained = sorted((d for d in check.differences if d.explanation), key=_reason)
    for (quantity, source, explanation), group in groupby(explained, key=_reason):
        rows = list(group)
        yield Text(f"{quantity} by {source}, {_layers(len(rows))}: {explanation}")
        yield _differences(rows)
        yield ""
    if check.uncounted:
        operators = ", ".join(f"{name.removeprefix('aten::')} ({n})" for name, n in check.uncounted.items())
        yield Text(f"fvcore has no rule for these and counts them as 0: {operators}.")
    if check.ok:
        yield Text("Every layer agrees, or a convention explains the difference.", style="green")
        return
    yield Text(f"Unexplained differences: {len(check.unexplained)}", style="bold red")
    yield _differences(list(check.unexplained), quantities=True)


def _layers(count: int) -> str:
    return f"{count} layer{'s' if count > 1 else ''}"


def _reason(difference: Difference) -> tuple[str, str, str]:
    return difference.quantity, difference.source, difference.explanation


def _differences(rows: list[Difference], *, quantities: bool = False) -> Grid:
    table = grid(
        "layer", *(("what", "by") if quantities else ()), "formula", "counted", left=3 if quantities else 1
    )
    for row in rows:
        what = (row.quantity, row.source) if quantities else ()
        table.add_row(row.layer, *what, _number(row.formula), _number(row.counted))
    return table


def comparison_report(comparison: Comparison) -> Iterator[RenderableType]:
    """Yield outputs and counts of both nets, row by row and in total, and what is saved and paid."""
    first, second = comparison.first, comparison.second
    yield Text(f"{first.name} | {second.name}, input {show(first.input)}", style="bold")
    outputs = grid("layer", "output", "", "activations", "", "ratio", left=3)
    for pair in comparison.pairs:
        shapes = [
            "–" if row is None else worked_shape(row.output, row.kind) for row in (pair.first, pair.second)
        ]
        outputs.add_row(pair.layer, *shapes, *_cells(pair, "activations"))
    outputs.add_section()
    outputs.add_row("total", "", "", *_totals(comparison, "activations"))
    outputs.add_row("of convolutions", "", "", *_totals(comparison, "convolution activations"))
    yield outputs
    yield ""
    counts = grid("layer", "parameters", "", "ratio", "MACs", "", "ratio")
    for pair in comparison.pairs:
        counts.add_row(pair.layer, *_cells(pair, "parameters"), *_cells(pair, "macs"))
    counts.add_section()
    counts.add_row("total", *_totals(comparison, "parameters"), *_totals(comparison, "macs"))
    yield counts
    yield ""
    yield Text(comparison.verdict)
    yield Text("1 MAC = 1 multiply-accumulate = 2 FLOPs. Ratio: the first over the second.")


def _cells(pair: Pair, quantity: str) -> tuple[str, ...]:
    return (*map(_number, pair.values(quantity)), _ratio(pair.ratio(quantity)))


def _totals(comparison: Comparison, quantity: str) -> tuple[str, ...]:
    return (*map(_number, comparison.total(quantity)), _ratio(comparison.ratio(quantity)))


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def published_report(name: str, verdicts: tuple[Verdict, ...]) -> Iterator[RenderableType]:
    """Yield a paper's figures beside the exact ones."""
    yield Text(f"{name}: the published figures, and the exact ones", style="bold")
    yield Text(PUBLISHED[name].source)
    table = grid("row", "what", "printed", "exact", "verdict", left=2)
    table.columns[4].justify = "left"
    for verdict in verdicts:
        printed = verdict.printed
        word = "agrees" if verdict.agrees else "misprint"
        if not verdict.ok:
            word = "DISAGREES" if not verdict.agrees else "agrees, though listed as a misprint"
        table.add_row(printed.row, verdict.of, printed.figure.text, f"{verdict.exact:,}", word)
    yield table
    yield ""
    yield Text("Agrees: it is the exact count, rounded. Parameters are with biases, weights without.")
    misprints: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.printed.misprint:
            rows = misprints.setdefault(verdict.printed.misprint, [])
            rows += [verdict.printed.row] * (verdict.printed.row not in rows)
    for reason, rows in misprints.items():
        yield Text(f"Misprints in {', '.join(rows)}: {reason}.")


def zoo_list() -> Iterator[RenderableType]:
    """Yield the nets with their sizes, and their options."""
    table = grid("net", "input", "parameters", "MACs", "own options", left=2)
    table.columns[4].justify = "left"
    for name in zoo.NETS:
        network = zoo.named(name)
        total = network.table().total
        table.add_row(
            name,
            show(network.example),
            f"{total.parameters:,}",
            f"{total.macs:,}",
            " ".join(option for option in zoo.options_of(name) if option not in _COMMON),
        )
    yield table
    yield ""
    yield Text("1 MAC = 1 multiply-accumulate = 2 FLOPs.")
    yield Text(f"Options of most nets: {', '.join(_COMMON)}; such as --set width=0.5.")
    yield Text(f"Conventions: {', '.join(CONVENTIONS)}.")
