"""A result as tables for an 80-column terminal."""

from analysis.console import Table, counted
from analysis.learning.estimates import Estimate, interval_of
from analysis.staleness.reading import Contrast, Difference, Row, Summary, summary
from analysis.staleness.results import StalenessResult


def table(result: StalenessResult, target: float | None = None) -> list[str | Table]:
    """Return what a terminal shows: sentences and tables, for the result's target or another."""
    found = summary(result, target)
    percent = f"{100 * found.target:g} %"
    shown: list[str | Table] = [
        *_conditions(result),
        "",
        f"Until {percent} of the validation images are right{_intervals(result)}",
        "",
        _speed(result, found),
        "",
        *_first(found, percent),
        "",
        "Where it ends: means over the last tenth of the time, and the test met once",
        "",
        _levels(found),
    ]
    if found.contrasts:
        first = found.rows[0].arm
        shown += [
            "",
            f"Beside {first}, seed by seed: seconds to {percent}, and points of accuracy at the end",
            "",
            _contrasts(found),
        ]
    diverged = [
        f"{arm.name}, seed {curve.seed}: {curve.diverged.what} at {curve.diverged.seconds:.4g} s,"
        f" update {curve.diverged.update + 1:,}; try a lower --lr."
        for arm in result.arms
        for curve in arm.curves
        if curve.diverged
    ]
    return [*shown, *(["", *diverged] if diverged else [])]


def _conditions(result: StalenessResult) -> list[str]:
    setup, options = result.setup, result.options
    rules = f", {options.rules[0]}" if len(options.rules) == 1 else ""
    return [
        f"{result.title}: {setup.train:,} images to learn from, {result.parameters:,} parameters",
        (
            f"Rate {options.lr:g}{rules}, {counted(options.batch, 'image')} to a gradient, momentum"
            f" {setup.momentum:g}, weights {options.weights}, batch norm {options.batch_norm},"
            f" {counted(setup.seeds, 'seed')} from {setup.first_seed}"
        ),
        memory(max(arm.versions for arm in result.arms), result.version_bytes),
    ]


def memory(versions: int, size: int) -> str:
    """Say what versions of the weights of so many bytes take.

    >>> memory(8, 417_000)
    'Replaying keeps at most 8 versions of the weights at once: 3.34 MB'
    """
    taken = _bytes(versions * size)
    return f"Replaying keeps at most {counted(versions, 'version')} of the weights at once: {taken}"


def _bytes(size: float) -> str:
    """Return a size in words.

    >>> _bytes(512), _bytes(3_340_000)
    ('512 B', '3.34 MB')
    """
    for unit in ("B", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004 -- as decimal prefixes go
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def _intervals(result: StalenessResult) -> str:
    if result.setup.seeds == 1:
        return "; one seed tells no interval"
    return f" (± half of Student's 95 % interval over {result.setup.seeds} seeds)"


def _speed(result: StalenessResult, found: Summary) -> Table:
    table = Table("protocol", "seconds", "updates", "staleness", "updates a second", ruled=True)
    for row, arm in zip(found.rows, result.arms, strict=True):
        last = [curve.points[-1] for curve in arm.curves if curve.points]
        lasted, made = sum(point.seconds for point in last), sum(point.updates for point in last)
        if row.seconds is None:
            cells = [_why_not(row), ""]
        else:
            cells = [_about(row.seconds, row.seeds), _about(row.updates, row.seeds)]
        table.add_row(row.arm, *cells, f"{arm.mean_staleness:.3g}", f"{made / lasted:.3g}" if lasted else "")
    return table


def _why_not(row: Row) -> str:
    if row.diverged and row.reached + row.diverged >= row.seeds:
        return f"diverged in {row.diverged} of {row.seeds}"
    return f"in {row.reached} of {row.seeds}" if row.reached else "never"


def _first(found: Summary, percent: str) -> list[str]:
    """Say who is first, or that nobody is."""
    arrived = sorted(
        ((row.seconds.mean, row.arm) for row in found.rows if row.seconds is not None),
        key=lambda pair: pair[0],
    )
    if arrived:
        seconds, arm = arrived[0]
        return [f"First to {percent}: {arm}, after {seconds:.4g} s of simulated time."]
    levels = [(row.accuracy.mean, row.arm) for row in found.rows if row.accuracy is not None]
    if not levels:
        return [f"{percent} is reached by no protocol in every run, and each diverged: lower --lr."]
    level, arm = max(levels)
    return [
        (
            f"{percent} is reached by no protocol in every run; the highest level is {100 * level:.2f} %,"
            f" of {arm}: lower --target, or let the scenario go on for longer with --until."
        )
    ]


def _levels(found: Summary) -> Table:
    table = Table("protocol", "validation %", "training loss", "test %", ruled=True)
    for row in found.rows:
        if row.accuracy is None:
            table.add_row(row.arm, f"diverged in {row.diverged} of {row.seeds}")
        else:
            table.add_row(
                row.arm,
                _about(row.accuracy, row.seeds, 100),
                _about(row.loss, row.seeds),
                _about(row.test, row.seeds, 100),
            )
    return table


def _about(value: Estimate | None, seeds: int, unit: float = 1.0) -> str:
    """Return a mean with half of its interval."""
    if value is None:
        return ""
    interval = interval_of(value, seeds)
    mean, half = unit * value.mean, None if interval is None else unit * (interval[1] - value.mean)
    digits = 2 if unit != 1 else (0 if abs(mean) >= 1000 else 1 if abs(mean) >= 10 else 3)  # noqa: PLR2004 -- figures
    return f"{mean:,.{digits}f}" + ("" if half is None else f" ± {_half(half, digits)}")


def _half(half: float, digits: int) -> str:
    """Return half an interval as precisely as its mean, or to one digit where that would be nothing.

    >>> _half(0.12, 1), _half(0.03, 1), _half(0.0, 1)
    ('0.1', '0.03', '0')
    """
    return f"{half:,.{digits}f}" if round(half, digits) else f"{half:.1g}"


def _contrasts(found: Summary) -> Table:
    table = Table("protocol", "difference", "95 % interval", "verdict", ruled=True)
    for place, (unit, ending) in enumerate(((1.0, "s"), (100.0, "points"))):
        if place:
            table.add_section()
        for contrast in found.contrasts:
            table.add_row(contrast.arm, *_difference(_of(contrast, ending), unit, ending))
    return table


def _of(contrast: Contrast, ending: str) -> Difference | None:
    return contrast.seconds if ending == "s" else contrast.accuracy


def _difference(found: Difference | None, unit: float, ending: str) -> list[str]:
    if found is None:
        return ["", "", "not reached by both"]
    digits = 1 if unit == 1 else 2
    interval = (
        "" if found.interval is None else " to ".join(f"{unit * end:+,.{digits}f}" for end in found.interval)
    )
    verdict = found.verdict or "one seed cannot tell"
    return [f"{unit * found.difference.mean:+,.{digits}f} {ending}", interval, verdict]
