"""Problem 2: the all-positive classifier, and the areas."""

from analysis.report.claims import Claim
from analysis.report.verdicts import Verdict

PRINTED = {
    "adaboost": ("0.8160991140642303", "0.6583825843463507", "3484.9656016837307"),
    "logistic": ("0.7994878183831672", "0.6522517882377267", "3476.754018649303"),
}
NAMES = {"adaboost": "AdaBoost", "logistic": "logistic"}

DIABETES = "scores.is_diabetes"

CLAIMS = (
    Claim(
        "2.2",
        "all positive: precision",
        "268/768",
        "scores.share",
        recipe="scores.share_of_all",
        reason="share",
        must=Verdict.WRONG,
        needs=DIABETES,
    ),
    Claim("2.2", "all positive: recall", "1", "scores.all_positive.recall", must=Verdict.EQUAL),
    Claim("2.2", "all positive: TPR", "1", "scores.all_positive.tpr", must=Verdict.EQUAL),
    Claim("2.2", "all positive: FPR", "1", "scores.all_positive.fpr", must=Verdict.EQUAL),
    Claim(
        "2.2",
        "all positive: precision, as drawn",
        "1",
        "scores.share",
        reason="corner",
        must=Verdict.WRONG,
        needs=DIABETES,
    ),
    *(
        Claim(
            "2.3",
            f"{area}, {NAMES[model]}",
            printed,
            f"scores.models.{model}.{name}",
            recipe=f"scores.handed_in.{model}.{name}",
            reason=reason,
            must=must,
            needs=DIABETES,
        )
        for place, (name, area, reason, must) in enumerate(
            (
                ("auroc", "AUROC", "", Verdict.EQUAL),
                ("aupr-trapezoid", "AUPR (trapezoid)", "", Verdict.EQUAL),
                ("auprg", "AUPRG", "gain", Verdict.WRONG),
            )
        )
        for model, row in PRINTED.items()
        for printed in (row[place],)
    ),
)
"""On OpenML 37; without that data set there is nothing to hold them against."""
