"""What `nets cost` prints: bytes by kind, the peak and its holders, seconds, the largest batch, classics."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nets.costing.devices import Device, unit_of
from nets.costing.held import KEPT, KINDS, Held
from nets.costing.quantities import show_bytes, show_rate, show_scaled, show_seconds
from nets.costing.roofline import CostRow
from nets.costing.settings import FLOAT32, GPU
from nets.layers.base import show
from nets.tables.grid import Column, Grid
from nets.terminal import Paragraph, Part

if TYPE_CHECKING:
    from nets.costing.cost import Cost

TOP = 10


def cost_report(cost: "Cost", *, top: int = TOP) -> Iterator[Part]:
    """Yield everything that a cost says.

    Parameters
    ----------
    cost
        What to write.
    top
        How many rows of modules and of tensors are shown.
    """
    shapes = ", ".join(map(show, cost.input))
    yield Paragraph(f"{cost.name}, input {shapes}: {cost.settings}", "bold")
    yield from _memory(cost)
    if cost.largest:
        yield Paragraph("")
        yield from _largest(cost.largest, top)
    if cost.rows:
        yield Paragraph("")
        yield from _rows(cost, top)
    if cost.fit is not None:
        yield Paragraph("")
        yield from _fit(cost)
    for sentence in sentences(cost):
        yield Paragraph(sentence)


def sentences(cost: "Cost") -> Iterator[str]:
    """Yield what must be said beside the figures."""
    if cost.conditions:
        yield f"Holds for: {', '.join(cost.conditions)}."
    if cost.unruled:
        calls = ", ".join(f"{name} ({count})" for name, count in cost.unruled.items())
        yield f"All figures are lower bounds: no rule knows the time and the inner memory of {calls}."
    gpu = cost.settings.kind == GPU
    whose, inside = ("a GPU", "what") if gpu else ("a CPU", "oneDNN's copies are counted; what other")
    yield (
        f"Sizes are those of torch's tensors on {whose}; {inside} kernels use inside, the "
        "allocator's rounding and a context are not in them."
    )


def _size(value: Any) -> str:  # noqa: ANN401  # an int or a formula
    if isinstance(value, int):
        return f"{value:,}"
    from nets.network.formulas import by_hand

    return by_hand(value)


def _memory(cost: "Cost") -> Iterator[Part]:
    if not cost.symbolic:
        peak = cost.peak
        rows = [
            (kind, _size(cost.bytes[kind]) if kind in cost.bytes else "", _size(peak.kinds[kind]))
            for kind in KINDS
        ]
        yield _grid("bytes", rows, ("in the step", "at the peak"), ("peak", "", _size(peak.bytes)))
        yield Paragraph(f"Peak {show_bytes(int(peak.bytes))}, after {peak.at}.")
        return
    for kind in KEPT:
        yield Paragraph(f"{kind.capitalize()}: {_size(cost.bytes[kind])}")
    yield Paragraph("")
    count = len(cost.memory.peaks)
    yield Paragraph("Peak, the largest of:" if count > 1 else "Peak:")
    for each in cost.memory.peaks:
        yield Paragraph(f"{_size(each.bytes)}, after {each.at}")


def _grid(
    title: str, rows: Sequence[tuple[str, ...]], titles: Sequence[str], *totals: tuple[str, ...]
) -> Grid:
    columns = tuple(
        (Column(name, [row[i] for row in rows], [t[i] for t in totals], right=True),)
        for i, name in enumerate(titles, start=1)
    )
    return Grid(Column(title, [row[0] for row in rows], [t[0] for t in totals]), columns)


def _largest(largest: Sequence[Held], top: int) -> Iterator[Part]:
    shown = largest[:top] if top else largest
    yield Paragraph(f"The {len(shown)} largest tensors alive at the peak")
    names = [
        each.name if "." in each.name or not each.module else f"{each.module} ({each.name})" for each in shown
    ]
    yield Grid(
        Column("tensor", names),
        (
            (Column("bytes", [_size(each.bytes) for each in shown], right=True),),
            (Column("kind", [each.kind for each in shown]),),
            (Column("shape", [show(each.shape) for each in shown]),),
            (Column("type", [each.dtype for each in shown]),),
        ),
    )


def _rows(cost: "Cost", top: int) -> Iterator[Part]:
    timed = cost.device is not None
    ordered = sorted(cost.rows, key=lambda row: -((row.slow or 0.0) if timed else row.flops))
    shown = ordered[:top] if top else ordered
    titles = ["FLOPs", "bytes moved", "FLOP/B", *(("bound", "at peak", "measured") if timed else ())]
    rows = [_cells(row, timed=timed) for row in shown]
    rest = ordered[len(shown) :]
    totals = [_cells(_sum(rest, f"{len(rest)} others"), timed=timed)] if rest else []
    totals.append(_cells(_sum(ordered, "total"), timed=timed))
    yield _grid("layer", rows, titles, *totals)
    if cost.device is not None:
        yield from _device(cost)


def _sum(rows: Sequence[CostRow], name: str) -> CostRow:
    fast, slow = (sum(getattr(row, side) or 0.0 for row in rows) for side in ("fast", "slow"))
    return CostRow(name, sum(row.flops for row in rows), sum(row.bytes for row in rows), fast, slow)


def _cells(row: CostRow, *, timed: bool) -> tuple[str, ...]:
    cells = (row.layer, show_scaled(row.flops), show_bytes(row.bytes), f"{row.intensity:.3g}")
    if not timed:
        return cells
    return (*cells, row.bound, show_seconds(row.fast or 0.0), show_seconds(row.slow or 0.0))


def _device(cost: "Cost") -> Iterator[Part]:
    device = cost.device
    assert device is not None  # noqa: S101  # asked by the caller
    fast, slow = cost.seconds()
    forward = cost.seconds(forward=True)
    yield Paragraph(
        f"{device.title}: the step takes {show_seconds(fast)} at its peak, {show_seconds(slow)} at the "
        f"measured share; the forward pass {show_seconds(forward[0])} and {show_seconds(forward[1])}."
    )
    for said in _sourced(device):
        yield Paragraph(said)
    if cost.settings.dtype == FLOAT32 and "tf32" in device.figures:
        yield Paragraph(
            "Convolutions of float32 multiply in TF32 there and matrix products do not: torch's defaults."
        )


def _sourced(device: Device) -> Iterator[str]:
    """Yield the device's figures, those of one source together."""
    by_source: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, rated in device.figures.items():
        page = f" ({rated.page})" if rated.page else ""
        by_source[rated.source, rated.date].append(f"{name} {show_rate(rated.value, unit_of(name))}{page}")
    for (source, date), figures in by_source.items():
        from_where = ", ".join(part for part in (source, date) if part)
        yield f"{', '.join(figures)}{f': {from_where}' if from_where else ''}."


def _fit(cost: "Cost") -> Iterator[Part]:
    found = cost.fit
    assert found is not None  # noqa: S101  # asked by the caller
    yield Paragraph(
        f"Largest batch in {show_bytes(found.memory)}, {show_bytes(found.allowance)} of it kept back "
        f"(--allowance): {found.symbol} = {found.largest:,}, proved by a trace; with {found.largest + 1:,} "
        f"the peak is {found.next_peak:,} B, after {found.at}.",
        "bold",
    )
    for formula, at in found.formulas:
        yield Paragraph(f"{found.symbol} ≤ {formula}, after {at}")


def classics_report(cost: "Cost") -> Iterator[Part]:
    """Yield well-known formulas beside the trace, with what accounts for each difference."""
    for classic in cost.classics:
        yield Paragraph("")
        yield Paragraph(f"{classic.name} ({classic.source})", "bold")
        yield Paragraph(
            f"The formula says {classic.says:,} {classic.unit}, the trace {classic.traced:,} {classic.unit}, "
            f"which is {classic.traced - classic.says:+,}:"
        )
        for words, size in classic.terms:
            yield Paragraph(f"{size:+,}: {words}")
