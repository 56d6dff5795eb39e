"""Problem 3: the two bounds, and one statement."""

from analysis.report.claims import Claim
from analysis.report.verdicts import Kind

TRIED = ("0.0025", "0.025")
"""The lowest and the highest of the ten rates."""

FASHION = "learning.is_fashion"

CLAIMS = (
    Claim(
        "3.1",
        "lr_min",
        "0.0025",
        "learning.range.candidates.lr_min",
        Kind.READING,
        error="learning.range.factor",
        tried=TRIED,
        reason="edge",
        needs=FASHION,
    ),
    Claim(
        "3.1",
        "lr_max",
        "0.01",
        "learning.range.candidates.lr_max",
        Kind.READING,
        error="learning.range.factor",
        tried=TRIED,
        reason="same_weights",
        needs=FASHION,
    ),
    Claim(
        "3.3",
        "test accuracy, growth less cyclical",
        "“similar”",
        "learning.growth.comparisons.cyclical.mean",
        Kind.ESTIMATE,
        error="learning.growth.comparisons.cyclical.error",
        interval="learning.growth.comparisons.cyclical.interval",
        says="0.000000",
        reason="shape",
        needs=FASHION,
    ),
)
