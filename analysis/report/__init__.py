"""The whole homework recomputed: each number that was handed in beside ours, with a verdict.

The flow of data::

    handed_in (claims) ─┐
    parts ─▶ making ────┴▶ claims (verdicts) ─▶ tables, flavours, templates ─▶ writing ─▶ cli
      │        └─ keeping
      └─ drawing

What stands in ``__all__`` is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from analysis.lazy import lazily

if TYPE_CHECKING:
    from analysis.report.claims import Claim, Judged, judged
    from analysis.report.making import Found, Order, make
    from analysis.report.scales import SCALES, Scale
    from analysis.report.verdicts import Judgement, Kind, Ours, Printed, Verdict, judge
    from analysis.report.writing import pages

_WHERE = {
    "claims": ("Claim", "Judged", "judged"),
    "making": ("Found", "Order", "make"),
    "scales": ("SCALES", "Scale"),
    "verdicts": ("Judgement", "Kind", "Ours", "Printed", "Verdict", "judge"),
    "writing": ("pages",),
}

__all__ = [
    "SCALES",
    "Claim",
    "Found",
    "Judged",
    "Judgement",
    "Kind",
    "Order",
    "Ours",
    "Printed",
    "Scale",
    "Verdict",
    "judge",
    "judged",
    "make",
    "pages",
]

__getattr__ = lazily(__name__, _WHERE)
