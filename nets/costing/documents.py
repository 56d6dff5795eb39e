"""A cost as plain data, as a page, and as a piece of a scenario."""

import html as markup
from typing import TYPE_CHECKING, Any

import attrs

from nets.costing.held import GRADIENTS, WEIGHTS, Moment
from nets.costing.memory import Peak
from nets.costing.quantities import show_bytes, show_seconds
from nets.errors import InputError

if TYPE_CHECKING:
    from nets.costing.cost import Cost


def document(cost: "Cost") -> dict[str, Any]:
    """Return a cost as plain data; formulas as texts, sizes in bytes, times in seconds."""
    timed = bool(cost.rows) and cost.rows[0].fast is not None
    fit = None
    if cost.fit is not None:
        fit = attrs.asdict(cost.fit, recurse=False)
        fit["at"] = _moment(cost.fit.at)
        fit["formulas"] = [{"formula": text, "at": _moment(at)} for text, at in cost.fit.formulas]
    return {
        "name": cost.name,
        "input": [[_plain(size) for size in shape] for shape in cost.input],
        "settings": attrs.asdict(cost.settings),
        "parameters": cost.parameters,
        "lower_bound": not cost.complete,
        "unruled": dict(cost.unruled),
        "bytes": {kind: _plain(size) for kind, size in cost.bytes.items()},
        "peaks": [_peak(peak) for peak in cost.memory.peaks],
        "conditions": list(cost.conditions),
        "largest": [
            {**attrs.asdict(each, recurse=False), "shape": [_plain(size) for size in each.shape]}
            for each in cost.largest
        ],
        "rows": [{**attrs.asdict(row), "intensity": row.intensity} for row in cost.rows],
        "seconds": dict(zip(("at_peak", "measured"), cost.seconds(), strict=True)) if timed else None,
        "device": None if cost.device is None else _device(cost),
        "fit": fit,
        "classics": [attrs.asdict(classic) for classic in cost.classics],
    }


def _plain(size: Any) -> int | str:  # noqa: ANN401  # an int or a formula
    return size if isinstance(size, int) else str(size)


def _moment(at: Moment) -> dict[str, str]:
    return {"module": at.module, "operation": at.label, "phase": at.phase}


def _peak(peak: Peak) -> dict[str, Any]:
    kinds = {kind: _plain(size) for kind, size in peak.kinds.items()}
    return {"bytes": _plain(peak.bytes), "kinds": kinds, **_moment(peak.at)}


def _device(cost: "Cost") -> dict[str, Any]:
    assert cost.device is not None  # noqa: S101  # asked by the caller
    figures = {name: attrs.asdict(rated) for name, rated in cost.device.figures.items()}
    return {
        "name": cost.device.name,
        "title": cost.device.title,
        "kind": cost.device.kind,
        "figures": figures,
    }


def html(cost: "Cost") -> str:
    """Write a cost as tables of HTML."""
    from nets.costing.report import cost_report
    from nets.terminal import Paragraph

    parts = []
    for part in cost_report(cost):
        if isinstance(part, Paragraph):
            parts.append(f"<p>{markup.escape(part.text)}</p>" if part.text else "")
            continue
        columns = [*([part.names] if part.names else []), *(c for group in part.groups for c in group)]
        head = "".join(f"<th>{markup.escape(c.title)}</th>" for c in columns)
        rows = zip(*((*c.cells, *c.totals) for c in columns), strict=True)
        body = "".join(
            f"<tr>{''.join(f'<td>{markup.escape(cell)}</td>' for cell in row)}</tr>" for row in rows
        )
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    return "\n".join(parts)


def for_sim(cost: "Cost") -> str:
    """Write what a scenario of `sim` needs: bytes of gradients and weights, seconds of a gradient.

    The seconds are those of the slow side, at the device's measured share; the comment holds the fast side.

    Raises
    ------
    InputError
        If there is no device, the sizes are formulas, or nothing is trained.
    """
    if cost.settings.inference or cost.symbolic or cost.device is None:
        raise InputError("--for-sim needs a training step, sizes in numbers and a --device")
    fast, slow = cost.gradient_seconds()
    shapes = " and ".join("x".join(map(str, shape)) for shape in cost.input)
    bound = "" if cost.complete else " These are lower bounds: some operators have no rule."
    peak = int(cost.peak.bytes)
    return (
        f"# {cost.name}, input {shapes}, {cost.settings}; peak {show_bytes(peak)}.\n"
        f"# A gradient on {cost.device.title}: {show_seconds(fast)} at its peak, {show_seconds(slow)} at the "
        f"measured share of it.{bound}\n\n"
        f"[network]\n"
        f'gradient_bytes = "{cost.bytes[GRADIENTS]} byte"\n'
        f'weight_bytes = "{cost.bytes[WEIGHTS]} byte"\n\n'
        f"[[workers]]\n"
        f'name = "{cost.device.name}"\n'
        f"compute = {slow:.6g}\n"
    )
