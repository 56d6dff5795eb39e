"""What the command line prints of checks, comparisons, figures and the zoo: paragraphs and tables."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from nets import zoo
from nets.counting.outcome import Check, Difference
from nets.counting.published import PUBLISHED, Verdict
from nets.layers.base import show
from nets.tables.comparison import Comparison, Pair
from nets.tables.grid import Column, Grid
from nets.tables.presets import CONVENTIONS
from nets.tables.which import Reading, Which
from nets.tables.working import worked_shape
from nets.terminal import Paragraph, Part

_COMMON = ("channels", "classes", "size", "width")
_MAC = Paragraph("1 MAC = 1 multiply-accumulate = 2 FLOPs.")


def _grid(rows: Sequence[Sequence[str]], *titles: str, kinds: str, totals: int = 0) -> Grid:
    """Return rows under titles as columns of names (``kinds`` l), numbers (r) and phrases (f)."""
    body, sums = (rows[:-totals], rows[-totals:]) if totals else (rows, ())
    columns = [
        Column(title, [row[index] for row in body], [row[index] for row in sums], right=kinds[index] == "r")
        for index, title in enumerate(titles)
    ]
    return Grid(columns[0], tuple((column,) for column in columns[1:]))


def _number(value: Any) -> str:  # noqa: ANN401  # ints, or shapes
    if isinstance(value, tuple):
        return show(value)
    return "–" if value is None else f"{value:,}"


def check_report(check: Check) -> Iterator[Part]:
    """Yield the totals, the differences under their explanations, and the verdict."""
    yield Paragraph(f"{check.name}, input {show(check.input)}, {check.layers} layers", "bold")
    rows = []
    for quantity, formula, source, counted in check.totals:
        word = "torch (FLOPs / 2)" if (quantity, source) == ("MACs", "torch") else source
        off = f"{counted - formula:+,}" if counted != formula else "0"
        rows.append((quantity, _number(formula), _number(counted), word, off))
    yield _grid(rows, "", check.base, "counted", "by", "difference", kinds="lrrrr")
    yield Paragraph("")
    if check.lines:
        yield Paragraph("MACs, row by row:")
        yield _side_by_side(check)
        yield Paragraph("")
    explained = sorted((d for d in check.differences if d.explanation), key=_reason)
    for (quantity, source, explanation), group in groupby(explained, key=_reason):
        differences = list(group)
        yield Paragraph(f"{quantity} by {source}, {_layers(len(differences))}: {explanation}")
        yield _differences(differences, check.base)
        yield Paragraph("")
    if check.uncounted:
        operators = ", ".join(f"{name.removeprefix('aten::')} ({n})" for name, n in check.uncounted.items())
        yield Paragraph(f"fvcore has no rule for these and counts them as 0: {operators}.")
    for sentence in (*check.unable, check.lower_bound):
        if sentence:
            yield Paragraph(f"{sentence.removesuffix('.')}.")
    if check.ok:
        yield Paragraph("Every layer agrees, or a convention explains the difference.", "good")
        return
    yield Paragraph(f"Unexplained differences: {len(check.unexplained)}", "bad")
    yield _differences(list(check.unexplained), check.base, quantities=True)


def _side_by_side(check: Check) -> Grid:
    """Return everybody's MACs by row; who was not asked or could not count has no column."""
    sources = ["formula", "trace", "fvcore", "torch"]
    asked = [name for name in sources if any(getattr(line, name) is not None for line in check.lines)]
    rows = [(line.layer, *(_number(getattr(line, name)) for name in asked)) for line in check.lines]
    return _grid(rows, "layer", *asked, kinds="l" + "r" * len(asked))


def _layers(count: int) -> str:
    return f"{count} layer{'s' if count > 1 else ''}"


def _reason(difference: Difference) -> tuple[str, str, str]:
    return difference.quantity, difference.source, difference.explanation


def _differences(differences: list[Difference], base: str, *, quantities: bool = False) -> Grid:
    if not quantities:
        rows = [(d.layer, _number(d.formula), _number(d.counted)) for d in differences]
        return _grid(rows, "layer", base, "counted", kinds="lrr")
    said = [(d.layer, d.quantity, d.source, _number(d.formula), _number(d.counted)) for d in differences]
    return _grid(said, "layer", "what", "by", base, "counted", kinds="lllrr")


def comparison_report(comparison: Comparison) -> Iterator[Part]:
    """Yield outputs and counts of both nets, row by row and in total, and what is saved and paid."""
    first, second = comparison.first, comparison.second
    yield Paragraph(f"{first.name} | {second.name}, input {show(first.input)}", "bold")
    names = Column("layer", [pair.layer for pair in comparison.pairs], ["total", "of convolutions"])
    outputs = _outputs(comparison.pairs)
    activations = _both(comparison, "activations", "activations", "convolution activations")
    yield Grid(names, (outputs, activations))
    yield Paragraph("")
    names = Column("layer", [pair.layer for pair in comparison.pairs], ["total"])
    yield Grid(names, (_both(comparison, "parameters", "parameters"), _both(comparison, "MACs", "macs")))
    yield Paragraph("")
    yield Paragraph(comparison.verdict)
    yield Paragraph(f"{_MAC.text} Ratio: the first over the second.")


def _outputs(pairs: Sequence[Pair]) -> tuple[Column, ...]:
    shapes = [
        ["–" if row is None else worked_shape(row.output, row.kind) for row in rows]
        for rows in ([pair.first for pair in pairs], [pair.second for pair in pairs])
    ]
    return (
        Column("output", shapes[0], ["", ""]),
        Column("", shapes[1], ["", ""], alone="output (2nd)"),
    )


def _both(comparison: Comparison, title: str, quantity: str, *more: str) -> tuple[Column, ...]:
    """Return a quantity of both nets and its ratio; below, its total and those of ``more``."""
    pairs = comparison.pairs
    totals = [comparison.total(total) for total in (quantity, *more)]
    cells = [[_number(pair.values(quantity)[side]) for pair in pairs] for side in (0, 1)]
    sums = [[_number(total[side]) for total in totals] for side in (0, 1)]
    ratios = [_ratio(comparison.ratio(total)) for total in (quantity, *more)]
    return (
        Column(title, cells[0], sums[0], right=True),
        Column("", cells[1], sums[1], right=True, alone=f"{title} (2nd)"),
        Column(
            "ratio",
            [_ratio(pair.ratio(quantity)) for pair in pairs],
            ratios,
            right=True,
            alone=f"{title}, ratio",
        ),
    )


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def published_report(name: str, verdicts: tuple[Verdict, ...]) -> Iterator[Part]:
    """Yield a paper's figures beside the exact ones."""
    yield Paragraph(f"{name}: the published figures, and the exact ones", "bold")
    yield Paragraph(PUBLISHED[name].source)
    rows = []
    for verdict in verdicts:
        printed = verdict.printed
        word = "agrees" if verdict.agrees else "misprint"
        if not verdict.ok:
            word = "DISAGREES" if not verdict.agrees else "agrees, though listed as a misprint"
        rows.append((printed.row, verdict.of, printed.figure.text, f"{verdict.exact:,}", word))
    yield _grid(rows, "row", "what", "printed", "exact", "verdict", kinds="llrrf")
    yield Paragraph("")
    yield Paragraph(
        "Agrees: it is the exact count, rounded up or down. Parameters hold biases, weights do not."
    )
    misprints: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.printed.misprint:
            listed = misprints.setdefault(verdict.printed.misprint, [])
            listed += [verdict.printed.row] * (verdict.printed.row not in listed)
    for reason, names in misprints.items():
        yield Paragraph(f"Misprints in {', '.join(names)}: {reason}.")


def which_report(found: Which) -> Iterator[Part]:
    """Yield the counts that a figure may stand for, or the closest ones."""
    yield Paragraph(f"{found.figure.text} at input {show(found.input)}", "bold")
    if found.matches:
        yield _readings(found.matches, [reading.rounding for reading in found.matches], "the figure is")
    else:
        yield Paragraph("No convention prints this number. The closest:", "bad")
        off = [f"{100 * float(r.exact / found.figure.value - 1):+.2g} %" for r in found.closest]
        yield _readings(found.closest, off, "off by")
    yield Paragraph("")
    yield _MAC
    sources = dict.fromkeys(name for reading in found.matches for name in reading.conventions)
    for name in sources:
        yield Paragraph(f"{name}: {CONVENTIONS[name].source}.")


def _readings(readings: Sequence[Reading], said: Sequence[str], title: str) -> Grid:
    rows = [
        (name, reading.net, reading.what, f"{reading.exact:,}", word)
        for reading, word in zip(readings, said, strict=True)
        for name in reading.conventions
    ]
    return _grid(rows, "convention", "net", "what", "exact", title, kinds="llfrl")


def zoo_list() -> Iterator[Part]:
    """Yield the nets with their sizes, and their options."""
    rows = []
    for name in zoo.NETS:
        network = zoo.named(name)
        total = network.table().total
        own = " ".join(option for option in zoo.options_of(name) if option not in _COMMON)
        rows.append((name, show(network.example), f"{total.parameters:,}", f"{total.macs:,}", own))
    yield _grid(rows, "net", "input", "parameters", "MACs", "own options", kinds="llrrf")
    yield Paragraph("")
    yield _MAC
    yield Paragraph(f"Options of most nets: {', '.join(_COMMON)}; such as --set width=0.5.")
    yield Paragraph(f"Conventions: {', '.join(CONVENTIONS)}.")
