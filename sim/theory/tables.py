"""Theory and battery for the terminal and as data."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.scenario import Scenario
from sim.theory.assumptions import ENDLESS
from sim.theory.comparison import CONFIDENCE, Finding
from sim.theory.form import ClosedForm, Refusal
from sim.theory.lengths import LONG, WARM_UP
from sim.theory.statistics import sigmas
from sim.theory.validate import Row

WRONG = ("disagrees", "undecided")
MOST_ROWS = 60
"""So many numbers are shown; the JSON has them all."""


def method(replicas: int, seed: int) -> str:
    """Say how the simulated numbers come about."""
    if replicas == 1:
        return (
            f"Nothing is drawn at random: one run, its first {WARM_UP:.0%} of updates left out;"
            " ± is what its two ends may add or take."
        )
    return (
        f"{replicas} independent replicas, seeds {seed} to {seed + replicas - 1}, the first {WARM_UP:.0%}"
        f" of each one's updates left out as warm-up; ± is the {CONFIDENCE:.0%} interval of Student's t."
    )


def shortness(scenario: Scenario) -> str | None:
    """Say why the formulas of the long run say nothing about a run, if it is short or ends by itself."""
    reason = ENDLESS.why_not(scenario) or LONG.why_not(scenario)
    return reason and f"A short run ({reason}): formulas of the long run say nothing about it."


def formulas(forms: Sequence[ClosedForm]) -> RenderableType:
    """Return each formula with its symbols and its source."""
    parts: list[RenderableType] = []
    for form in forms:
        meanings = "; ".join(f"{_symbol(each.symbol)} {each.words}" for each in form.symbols)
        note = ", integrated numerically" if form.numeric else ""
        parts += [
            Text.assemble((form.name, "bold"), f": {form.quantity}{note}"),
            Text("\n".join(f"    {line.rstrip()}" for line in form.text().splitlines()), no_wrap=True),
            Padding(Text(f"{meanings}.\nSource: {form.source}.\n"), (0, 0, 0, 2)),
        ]
    return Group(*parts)


def _symbol(symbol: Any) -> str:  # noqa: ANN401 -- sympy
    import sympy as sp

    return str(sp.pretty(symbol, use_unicode=True)).replace("\n", " ")


def markdown(form: ClosedForm) -> str:
    """Return a form with its symbols, assumptions and source, as in the documentation."""
    symbols = "; ".join(
        f"$`{_latex(each.symbol)}`$ {each.words}" + ("" if each.unit == "1" else f" ({each.unit})")
        for each in form.symbols
    )
    unit = "" if form.unit == "1" else f" ({form.unit})"
    return (
        f"### {form.name}\n\n{form.quantity.capitalize()}{unit}"
        f"{', integrated numerically' if form.numeric else ''}:\n\n```math\n{form.latex()}\n```\n\n"
        f"Symbols: {symbols}.\n\n"
        f"Assumes: {'; '.join(each.statement for each in form.assumptions)}.\n\n"
        f"Source: {form.source}.\n"
    )


def _latex(symbol: Any) -> str:  # noqa: ANN401 -- sympy
    import sympy as sp

    return str(sp.latex(symbol))


def findings(found: Sequence[Finding]) -> RenderableType:
    """Return theory and simulation side by side."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", overflow="fold")
    for name in ("theory", "simulated", "±"):
        table.add_column(name, justify="right")
    table.add_column("")
    last = ""
    for finding in found[:MOST_ROWS]:
        form, label = finding.prediction.form, finding.prediction.label
        if form.name != last and label:
            table.add_row(escape(form.name))
        name = f"  {label}" if label else form.name
        table.add_row(escape(name), *cells(finding))
        last = form.name
    notes = []
    if len(found) > MOST_ROWS:
        notes.append(f"… and {len(found) - MOST_ROWS} more: see --json")
    if any(finding.verdict == "by chance" for finding in found):
        notes.append(
            "by chance: outside its own interval, as one in twenty is where theory and simulation agree."
        )
    return Group(table, *map(Text, notes))


def cells(finding: Finding) -> tuple[str, str, str, str]:
    """Return theory, simulation, half-width and verdict in words."""
    form = finding.prediction.form
    theory = ("≤ " if form.relation == "≤" else "") + f"{finding.prediction.value:.6g}"
    if finding.estimate is None:
        return theory, "–", "–", finding.verdict
    if form.check in {"exact", "bound"}:
        return (
            theory,
            f"{finding.estimate.mean:.6g}",
            "",
            "holds" if finding.verdict == "exact" else finding.verdict,
        )
    return theory, f"{finding.estimate.mean:.6g}", f"{finding.half_width:.2g}", finding.verdict


def refused(refusals: Sequence[Refusal]) -> RenderableType:
    """Return which forms of the scenario's own protocol do not apply, grouped by the reasons."""
    reasons: dict[tuple[str, ...], list[str]] = {}
    for refusal in refusals:
        reasons.setdefault(refusal.failing, []).append(refusal.form.name)
    parts: list[RenderableType] = []
    for failing, names in reasons.items():
        parts += [Text(f"{', '.join(names)}:"), Padding(Text(f"{'; '.join(failing)}."), (0, 0, 0, 2))]
    return Group(*parts)


def about_it(scenario: Scenario, refusals: Sequence[Refusal]) -> tuple[Refusal, ...]:
    """Return the refusals of forms that are about such a scenario: its protocol, slack, server and so on."""

    def concerns(form: ClosedForm) -> bool:
        return all(each.why_not(scenario) is None for each in form.assumptions if each.topic)

    return tuple(each for each in refusals if concerns(each.form))


def as_data(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data."""
    form, estimate = finding.prediction.form, finding.estimate
    data: dict[str, Any] = {
        "name": form.name,
        "label": finding.prediction.label,
        "quantity": form.quantity,
        "unit": form.unit,
        "formula": f"{form.left} {form.relation} {form.expression}",
        "latex": form.latex(),
        "numeric": form.numeric,
        "source": form.source,
        "assumptions": [each.statement for each in form.assumptions],
        "symbols": {str(each.symbol): {"meaning": each.words, "unit": each.unit} for each in form.symbols},
        "check": form.check,
        "theory": finding.prediction.value,
        "verdict": finding.verdict,
    }
    if estimate is not None:
        data["simulated"] = {
            "mean": estimate.mean,
            "half_width": finding.half_width,
            "standard_error": estimate.error,
            "replicas": estimate.replicas,
            "p_value": None if math.isnan(finding.p_value) else finding.p_value,
        }
    return data


def battery(rows: Sequence[Row]) -> RenderableType:
    """Return the agreement of each closed form over all its cases."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("law or closed form")
    for name in ("cases", "numbers", "worst", "±", "agree"):
        table.add_column(name, justify="right")
    by_form: dict[str, list[Row]] = {}
    for row in rows:
        by_form.setdefault(row.finding.prediction.form.name, []).append(row)
    for name, its in by_form.items():
        judged = [row.finding for row in its if row.finding.verdict != "not simulated"]
        wrong = sum(finding.verdict in WRONG for finding in judged)
        agree = f"{len(judged) - wrong}/{len(judged)}" if judged else "–"
        table.add_row(name, str(len({row.case for row in its})), str(len(its)), *_worst(judged), agree)
    return table


def _worst(judged: Sequence[Finding]) -> tuple[str, str]:
    """Return how far off the worst number is, in standard deviations, and how fine the intervals are."""
    if not judged:
        return "–", "–"
    if judged[0].prediction.form.check in {"exact", "bound"}:
        return "exact" if judged[0].prediction.form.check == "exact" else "in bounds", ""
    widths = sorted(each.half_width / abs(each.prediction.value or 1) for each in judged)
    return f"{max(sigmas(each.p_value) for each in judged):.1f} σ", f"±{widths[len(widths) // 2]:.2%}"


def wrong(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line for each number that disagrees."""
    for row in rows:
        finding = row.finding
        if finding.verdict in WRONG:
            theory, simulated, width, _ = cells(finding)
            label = f" ({finding.prediction.label})" if finding.prediction.label else ""
            yield (
                f"{row.case}: {finding.prediction.form.name}{label}: theory {theory},"
                f" simulated {simulated}{f' ± {width}' if width else ''}"
            )
