"""Problem 5: six numbers."""

from analysis.report.claims import Claim
from analysis.report.verdicts import Verdict

PRINTED = {"L1": ("0", "0", "1", "0"), "L2": ("2", "0")}

CLAIMS = tuple(
    Claim(
        "5",
        f"g[{learner}, {number}]",
        printed,
        f"staleness.gradients.{learner}.{number - 1}.staleness",
        reason="read_earlier" if wrong else "",
        must=Verdict.WRONG if wrong else Verdict.EQUAL,
    )
    for learner, row in PRINTED.items()
    for number, printed in enumerate(row, start=1)
    for wrong in ((learner, number) == ("L2", 2),)
)
