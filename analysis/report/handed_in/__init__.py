"""The numbers that the hand-in printed, problem by problem, as data."""

from analysis.report.claims import Claim
from analysis.report.handed_in import architectures, fits, learning, scores, staleness

CLAIMS: tuple[Claim, ...] = (
    *fits.CLAIMS,
    *scores.CLAIMS,
    *learning.CLAIMS,
    *architectures.CLAIMS,
    *staleness.CLAIMS,
)
