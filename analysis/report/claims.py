"""What the hand-in printed, as data, and how each number is held against ours."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.report.verdicts import Judgement, Kind, Ours, Verdict, judge

Results = Mapping[str, Any]
"""What the experiments found, as plain data by the names of the parts."""


@dataclass(frozen=True)
class Claim:
    """A number that the hand-in printed, or a statement that stands for one.

    Attributes
    ----------
    question
        Where it stands in the assignment, such as ``1.4``.
    what
        What it is of.
    printed
        As printed; its last digit is part of it.
    truth
        Where our number is among the results: ``fits.exact.7.mse``.
    kind
        How the two are compared.
    error, interval
        Where the standard error, and an interval of 95 %, are among the results.
    recipe
        Where the number is that the hand-in's own recipe gives today; it must be the printed one.
    says
        The number that a printed statement stands for.
    tried
        Of a rate that was read off, the lowest and the highest that were tried.
    reason
        The sentence, of those in ``templates/reasons.j2``, that says why the two differ.
    must
        The verdict that a determined number has, whatever the scale; None where noise decides.
    needs
        What must be true among the results for there to be anything to hold the number against.
    """

    question: str
    what: str
    printed: str
    truth: str
    kind: Kind = Kind.DIGITS
    error: str = ""
    interval: str = ""
    recipe: str = ""
    says: str = ""
    tried: tuple[str, str] | None = None
    reason: str = ""
    must: Verdict | None = None
    needs: str = ""

    @property
    def problem(self) -> int:
        """The number of the problem."""
        return int(self.question.partition(".")[0])

    @property
    def number(self) -> str:
        """What is compared: as printed, or what the printed statement stands for."""
        return self.says or self.printed


@dataclass(frozen=True)
class Judged:
    """A claim beside ours.

    Attributes
    ----------
    claim
        What was printed.
    ours
        Our number and its error.
    again
        What the hand-in's recipe gives today; None where it is not followed.
    judgement
        The verdict and its sentence.
    held
        Whether there is anything to hold it against here.
    """

    claim: Claim
    ours: Ours
    again: float | str | None
    judgement: Judgement
    held: bool = True

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        return self.judgement.verdict

    @property
    def reproduced(self) -> bool:
        """Whether all of it that is determined came out as it must."""
        claim = self.claim
        if not self.held:
            return True
        if claim.recipe and judge(claim.printed, Ours(self.again)).verdict is not Verdict.EQUAL:
            return False
        return claim.must is None or claim.must is self.verdict


def judged(claims: Iterable[Claim], results: Results) -> list[Judged]:
    """Hold claims against results."""
    found = []
    for claim in claims:
        if claim.needs and not at(results, claim.needs):
            absent = Judgement(Verdict.UNDECIDED, "The data that it was computed from are not here.")
            found.append(Judged(claim, Ours(None), None, absent, held=False))
            continue
        interval = at(results, claim.interval) if claim.interval else None
        ours = Ours(
            at(results, claim.truth) if claim.truth else None,
            at(results, claim.error) if claim.error else None,
            None if interval is None else (interval[0], interval[1]),
        )
        again = at(results, claim.recipe) if claim.recipe else None
        found.append(Judged(claim, ours, again, judge(claim.number, ours, claim.kind, tried=claim.tried)))
    return found


def at(results: Results, path: str) -> Any:  # noqa: ANN401  # what JSON holds
    """Return what stands at a dotted path: keys of mappings, places of sequences.

    >>> at({"fits": [{"mse": 0.5}]}, "fits.0.mse")
    0.5
    """
    found: Any = results
    for step in path.split("."):
        found = found[int(step)] if isinstance(found, Sequence) else found[step]
    return found


def tally(found: Iterable[Judged]) -> dict[Verdict, int]:
    """Count verdicts, in the order in which `Verdict` has them."""
    count = Counter(each.verdict for each in found)
    return {verdict: count[verdict] for verdict in Verdict}
