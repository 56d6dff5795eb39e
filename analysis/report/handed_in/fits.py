"""Problem 1: the sample, the fits, the table over degrees, and the penalty."""

from collections.abc import Iterator

from analysis.bias_variance.replay import PRINTED_LINES, PRINTED_RIDGE, PRINTED_SAMPLE, PRINTED_TABLE
from analysis.report.claims import Claim
from analysis.report.verdicts import Kind, Verdict

PARTS = (("mse", "MSE"), ("bias_squared", "bias²"), ("variance", "variance"))
PRINTED_TARGETS = {
    0: "0.000000",
    1: "1.997495",
    2: "2.141120",
    3: "2.022470",
    4: "3.720585",
    6: "6.412118",
    8: "7.463427",
    9: "9.803784",
    10: "10.650288",
}
"""f(x) beside the sample, by x."""
PRINTED_LEADING_ZERO = "0."
"""g₃'s coefficient of the column of ones, which its intercept makes void."""
PRINTED_G10 = (
    *("-0.10997356210055464", "2.39270701e+00", "5.71449973e-01", "-7.67018200e-01"),
    *("-5.73316016e-01", "7.01805044e-01", "-2.76610179e-01", "5.62215600e-02"),
    *("-6.33669879e-03", "3.75754822e-04", "-9.14406761e-06"),
)
PRINTED_NOISE = ("0.342875", "0.330703", "0.318021", "0.259469", "0.300784", "0.305870", "0.29635")
"""By subtraction, for the degrees from 1; the page ends in the middle of the seventh."""
PRINTED_RIDGE_NOISE = ("0.315392", "0.283216")
RIDGE_NAMES = ("g₁₀", "g₁₀ with L2")
DIGITS_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
DIGITS_ABOVE = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def fit_name(degree: int) -> str:
    """Return a fit's name.

    >>> fit_name(10)
    'g₁₀'
    """
    return f"g{str(degree).translate(DIGITS_BELOW)}"


def power_name(power: int) -> str:
    """Return a power of x.

    >>> power_name(0), power_name(1), power_name(10)
    ('1', 'x', 'x¹⁰')
    """
    return "1" if power == 0 else f"x{str(power).translate(DIGITS_ABOVE) if power > 1 else ''}"


def _sample() -> Iterator[Claim]:
    for row, (x, y) in enumerate(PRINTED_SAMPLE):
        for what, printed in (("x", str(x)), ("y", y), ("f", PRINTED_TARGETS[x])):
            here = f"fits.sample.{row}.{what}"
            label = "f(x)" if what == "f" else what
            yield Claim("1.2", f"row {row}, {label}", printed, here, recipe=here, must=Verdict.EQUAL)


def _lines() -> Iterator[Claim]:
    for degree, coefficients in PRINTED_LINES.items():
        for power, printed in enumerate(coefficients):
            here = f"fits.lines.{degree}.{power}"
            what = f"{fit_name(degree)}, {power_name(power)}"
            yield Claim("1.3", what, printed, here, recipe=here, must=Verdict.EQUAL)
    yield Claim("1.3", "g₃, column of ones", PRINTED_LEADING_ZERO, "fits.column_of_ones", must=Verdict.EQUAL)
    for power, printed in enumerate(PRINTED_G10):
        yield Claim(
            "1.3",
            f"{fit_name(10)}, {power_name(power)}",
            printed,
            "",
            reason="rank",
            kind=Kind.ESTIMATE,
            must=Verdict.UNDECIDED,
        )


def _estimate(question: str, what: str, printed: str, place: str, part: str) -> Claim:
    """Return one cell of the tables of 1.4 and 1.5: replayed, and beside the exact number."""
    kind, index = place.split(".")
    return Claim(
        question,
        what,
        printed,
        f"fits.{kind}.exact.{index}.{part}",
        Kind.ESTIMATE,
        error=f"fits.{kind}.scatter.{part}.{index}",
        recipe=f"fits.{kind}.replayed.{index}.{part}",
        reason="plug_in" if part == "bias_squared" else "one_draw",
    )


def _table() -> Iterator[Claim]:
    for index, (degree, row) in enumerate(PRINTED_TABLE.items()):
        noise = PRINTED_NOISE[index : index + 1]
        for (part, label), printed in zip((*PARTS, ("noise", "noise")), (*row, *noise), strict=False):
            yield _estimate("1.4", f"{fit_name(degree)}, {label}", printed, f"table.{index}", part)
    yield Claim(
        "1.4", "best degree", "8", "fits.best_degree", recipe="fits.best_replayed", must=Verdict.EQUAL
    )


def _ridge() -> Iterator[Claim]:
    for index, (name, row, noise) in enumerate(
        zip(RIDGE_NAMES, PRINTED_RIDGE, PRINTED_RIDGE_NOISE, strict=True)
    ):
        for (part, label), printed in zip((*PARTS, ("noise", "noise")), (*row, noise), strict=True):
            yield _ridge_cell(f"{name}, {label}", printed, index, part)
    for number, (part, statement) in enumerate(
        (
            ("mse", "“MSE decreased slightly”"),
            ("bias_squared", "“Bias² increased”"),
            ("variance", "“Variance decreased”"),
        )
    ):
        plain, penalised = (float(row[number]) for row in PRINTED_RIDGE)
        yield Claim(
            "1.5",
            f"L2 less g₁₀, {dict(PARTS)[part]}",
            statement,
            f"fits.ridge.difference.{part}.value",
            Kind.EFFECT,
            error=f"fits.ridge.difference.{part}.error",
            says=f"{penalised - plain:.6f}",
            reason="one_comparison" if part == "mse" else "",
            must=Verdict.WITHIN if part == "bias_squared" else Verdict.NOT_SHOWN,
        )


def _ridge_cell(what: str, printed: str, index: int, part: str) -> Claim:
    found = _estimate("1.5", what, printed, f"ridge.{index}", part)
    if index == 0:
        return found
    # On raw monomials scikit-learn's ridge stops short of the solution: the last digits are the solver's.
    return Claim(
        found.question,
        found.what,
        found.printed,
        found.truth,
        found.kind,
        error=found.error,
        reason=found.reason,
    )


CLAIMS = (*_sample(), *_lines(), *_table(), *_ridge())
