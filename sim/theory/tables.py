"""Theory and battery for the terminal and as data."""

import math
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from sim.scenario import Scenario
from sim.statistics import CONFIDENCE, sigmas
from sim.terminal import Column, Grid, Screen, plain
from sim.theory.applying import Refusal
from sim.theory.assumptions import ENDLESS
from sim.theory.comparison import Finding
from sim.theory.form import ClosedForm
from sim.theory.lengths import TOO_SHORT, WARM_UP
from sim.theory.validate import Row

WRONG = ("disagrees", "undecided")
MOST_ROWS = 60
"""So many numbers are shown; the JSON has them all."""

INDENT = 4
NOTES = {
    "by chance": "outside its own interval, as one in twenty is where theory and simulation agree.",
    "no interval": "tails so heavy, or replicas so short, that their means are far from normal; the theory's"
    " number is that of an endless run.",
}
"""What a verdict means, where it is not plain."""


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


def shortness(scenario: Scenario, refused: Sequence[Refusal]) -> str | None:
    """Say why formulas of the long run say nothing about a run, if it is short or ends by itself."""
    if (reason := ENDLESS.why_not(scenario)) is not None:
        return f"A short run ({reason}): formulas of the long run say nothing about it."
    short = [
        each for each in refused if any(one.length and one.why_not(scenario) for one in each.form.assumptions)
    ]
    if any(each.failing[0].startswith(TOO_SHORT) for each in short):
        return "A short run for some formulas: what they take is said below."
    return None


def formulas(forms: Sequence[ClosedForm], screen: Screen) -> RenderableType:
    """Return each formula with its symbols and its source; on one line where it is too wide to be drawn."""
    parts: list[RenderableType] = []
    for form in forms:
        meanings = "; ".join(f"{_symbol(each.symbol, screen)} {each.words}" for each in form.symbols)
        note = ", integrated numerically" if form.numeric else ""
        drawn = [line.rstrip() for line in form.text(unicode=screen.unicode).splitlines()]
        if max(map(len, drawn)) + INDENT > screen.width:
            drawn = [form.line()]
        parts += [
            Text.assemble((form.name, "bold"), f": {form.quantity}{note}"),
            _indented("\n".join(drawn), INDENT, screen),
            _indented(f"{meanings}.\nSource: {form.source}.", 2, screen),
            Text(""),
        ]
    return Group(*parts)


def lines(text: str, screen: Screen) -> Text:
    """Return a text in lines that fit, without blanks at their ends."""
    return _indented(text, 0, screen)


def _indented(text: str, indent: int, screen: Screen) -> Text:
    """Return lines of a text indented, those that are too wide broken between words."""
    broken = []
    for line in plain(text, screen.encoding).splitlines():
        fits = indent + len(line) <= screen.width
        pieces = [line] if fits else wrap(line, screen.width - indent, break_on_hyphens=False)
        broken += [" " * indent + piece for piece in pieces]
    return Text("\n".join(broken), no_wrap=True)


def _symbol(symbol: Any, screen: Screen) -> str:  # noqa: ANN401 -- sympy
    import sympy as sp

    return str(sp.pretty(symbol, use_unicode=screen.unicode)).replace("\n", " ")


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


def findings(found: Sequence[Finding], screen: Screen) -> RenderableType:
    """Return theory and simulation side by side."""
    columns = [
        Column("", words=True),
        Column("theory"),
        Column("simulated"),
        Column("±"),
        Column("", words=True),
    ]
    rows: list[tuple[str, ...]] = []
    last = ""
    for finding in found[:MOST_ROWS]:
        form, label = finding.prediction.form, finding.prediction.label
        if form.name != last and label:
            rows.append((form.name,))
        rows.append((f"  {label}" if label else form.name, *cells(finding)))
        last = form.name
    notes = []
    if len(found) > MOST_ROWS:
        notes.append(f"… and {len(found) - MOST_ROWS} more: see --json")
    verdicts = {finding.verdict for finding in found}
    notes += [f"{verdict}: {note}" for verdict, note in NOTES.items() if verdict in verdicts]
    told = [lines(note, screen) for note in notes]
    return Group(Grid(columns, rows), *told, *([Text("")] if told else []))


def cells(finding: Finding) -> tuple[str, str, str, str]:
    """Return theory, simulation, half-width and verdict in words."""
    form = finding.prediction.form
    theory = (f"{form.relation} " if form.relation != "=" else "") + f"{finding.prediction.value:.6g}"
    if finding.estimate is None:
        return theory, "–", "–", finding.verdict
    simulated = f"{finding.estimate.mean:.6g}"
    if form.check in {"exact", "bound"}:
        return theory, simulated, "", "holds" if finding.verdict == "exact" else finding.verdict
    return theory, simulated, f"{finding.half_width:.2g}", finding.verdict


def refused(refusals: Sequence[Refusal], screen: Screen) -> RenderableType:
    """Return which forms of the scenario's own protocol do not apply, grouped by the reasons."""
    reasons: dict[tuple[str, ...], list[str]] = {}
    for refusal in refusals:
        reasons.setdefault(refusal.failing, []).append(refusal.form.name)
    parts = []
    for failing, names in reasons.items():
        parts += [lines(f"{', '.join(names)}:", screen), _indented(f"{'; '.join(failing)}.", 2, screen)]
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
        "error": finding.prediction.margin.error,
        "gradients_for_an_interval": _finite(finding.prediction.margin.enough),
        "verdict": finding.verdict,
    }
    if estimate is not None:
        data["simulated"] = {
            "mean": estimate.mean,
            "half_width": finding.half_width,
            "ends": finding.ends,
            "standard_error": estimate.error,
            "replicas": estimate.replicas,
            "p_value": _finite(finding.p_value),
        }
    return data


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def battery(rows: Sequence[Row]) -> RenderableType:
    """Return the agreement of each closed form over all its cases."""
    columns = [Column("law or closed form", words=True)]
    columns += [Column(name) for name in ("cases", "numbers", "worst", "±", "agree")]
    rows_shown: list[tuple[str, ...]] = []
    by_form: dict[str, list[Row]] = {}
    for row in rows:
        by_form.setdefault(row.finding.prediction.form.name, []).append(row)
    for name, its in by_form.items():
        judged = [row.finding for row in its if row.finding.verdict != "not simulated"]
        wrong = sum(finding.verdict in WRONG for finding in judged)
        agree = f"{len(judged) - wrong}/{len(judged)}" if judged else "–"
        rows_shown.append((name, str(len({row.case for row in its})), str(len(its)), *_worst(judged), agree))
    return Grid(columns, rows_shown)


def _worst(judged: Sequence[Finding]) -> tuple[str, str]:
    """Return how far off the worst number is, in standard deviations, and how fine the intervals are."""
    if not judged:
        return "–", "–"
    if judged[0].prediction.form.check in {"exact", "bound"}:
        return "exact" if judged[0].prediction.form.check == "exact" else "in bounds", ""
    widths = sorted(each.half_width / abs(each.prediction.value or 1) for each in judged)
    told = [each.p_value for each in judged if not math.isnan(each.p_value)]
    return f"{max(map(sigmas, told), default=0.0):.1f} σ", f"±{widths[len(widths) // 2]:.2%}"


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
