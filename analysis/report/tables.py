"""The page's tables, from what was found; the templates say where they stand."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from analysis.report.claims import Judged, tally
from analysis.report.commands import commands_for
from analysis.report.flavours import MARKS, Flavour, claim_head, claim_rows, ours_of
from analysis.report.making import Found
from analysis.report.verdicts import Verdict

STANDS = (Verdict.EQUAL, Verdict.WITHIN)
"""Verdicts that need no reason."""
READINGS = {
    "first_decrease": "first clear decrease",
    "steepest": "steepest",
    "slows": "nine tenths of the fall",
    "minimum": "minimum",
    "divergence": "divergence",
}


class Tables:
    """Functions that templates call, each of which returns a table in one flavour.

    Parameters
    ----------
    found
        What is to be shown.
    flavour
        How.
    reason
        From a reason's name to its sentence.
    """

    def __init__(self, found: Found, flavour: Flavour, reason: Callable[[str], str]) -> None:
        self._found = found
        self._flavour = flavour
        self._reason = reason
        self._results: Mapping[str, Any] = found.results

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Return the public functions by name."""
        return {name: getattr(self, name) for name in dir(self) if not name.startswith("_")}

    def tally_table(self) -> str:
        """Return how many numbers of each problem came to which verdict."""
        counts = {
            str(problem): tally(of_problem)
            for problem, of_problem in groupby(self._found.claims, key=lambda each: each.claim.problem)
        }
        counts["all"] = tally(self._found.claims)
        rows = [
            [f"{mark} {word}", *(str(count[verdict] or "·") for count in counts.values())]
            for verdict, (word, mark) in MARKS.items()
        ]
        return self._flavour.table(["problem", *counts], rows, stacks=False)

    def faulty(self) -> list[dict[str, str]]:
        """Return what does not stand, those of one question and reason together."""
        groups: dict[tuple[str, str], list[Judged]] = {}
        for each in self._found.claims:
            if each.verdict in (Verdict.WRONG, Verdict.NOT_SHOWN):
                groups.setdefault((each.claim.question, each.claim.reason), []).append(each)
        told = []
        for (question, reason), several in groups.items():
            names = "; ".join(f"{each.claim.what}: {each.claim.printed}" for each in several)
            why = self._reason(reason) if reason else several[0].judgement.sentence
            told.append({"question": question, "what": names, "why": why})
        return told

    def claims(self, question: str) -> str:
        """Return what was printed beside ours, and a sentence for whatever differs."""
        found = [each for each in self._found.claims if each.claim.question == question]
        table = self._flavour.table(claim_head(found), claim_rows(found, self._flavour))
        return table + self._why(found)

    def commands(self, question: str) -> str:
        """Return the commands that give the numbers of a question."""
        lines = "\n".join(commands_for(question, self._found.scale, self._results))
        return f"\n\n```sh\n{lines}\n```\n\n"

    def _why(self, found: Sequence[Judged]) -> str:
        differing = [each for each in found if each.verdict not in STANDS]
        lines = []
        reasons = dict.fromkeys(each.claim.reason for each in differing)
        for reason in reasons:
            group = [each for each in differing if each.claim.reason == reason]
            if not all(each.held for each in group):
                lines.append(f"- {group[0].judgement.sentence}")
                continue
            own = dict.fromkeys(
                f"{each.claim.what}, *{MARKS[each.verdict][0]}*: {each.judgement.sentence}" for each in group
            )
            if reason:
                lines.append(f"- {self._reason(reason)}")
                noisy = any(each.ours.error is not None for each in group)
                lines += [f"  - {sentence}" for sentence in own] if noisy else []
            else:
                lines += [f"- {sentence}" for sentence in own]
        return "\n\n" + "\n".join(lines) + "\n\n" if lines else "\n\n"

    def percent(self, estimate: Mapping[str, float | None]) -> str:
        """Return a share in percent, with its standard error where it has one."""
        mean, error = estimate["mean"], estimate["error"]
        return f"{100 * (mean or 0):.2f}" + ("" if error is None else f" ± {100 * error:.2f}")

    def sample_table(self) -> str:
        """Return the sample of 1.2, a row for each point: printed, ours, and one verdict for the three."""
        found = [each for each in self._found.claims if each.claim.question == "1.2"]
        rows = []
        for start in range(0, len(found), 3):
            x, y, f = found[start : start + 3]
            worst = max((x, y, f), key=lambda each: list(Verdict).index(each.verdict)).verdict
            ours = [ours_of(each) for each in (y, f)]
            rows.append(
                [
                    f"x = {x.claim.printed}",
                    y.claim.printed,
                    ours[0],
                    f.claim.printed,
                    ours[1],
                    self._flavour.badge(worst),
                ]
            )
        return self._flavour.table(["", "y printed", "y ours", "f(x) printed", "f(x) ours", "verdict"], rows)

    def vgg_table(self) -> str:
        """Return the table of 4.1, a row for each layer, and one verdict for its two numbers."""
        found = [each for each in self._found.claims if each.claim.question == "4.1"]
        rows = []
        for start in range(0, len(found), 2):
            activations, weights = found[start : start + 2]
            worst = max((activations, weights), key=lambda each: list(Verdict).index(each.verdict)).verdict
            name = activations.claim.what.partition(",")[0]
            numbers = [
                text for each in (activations, weights) for text in (each.claim.printed, ours_of(each))
            ]
            rows.append([name, *numbers, self._flavour.badge(worst)])
        head = ["", "activations printed", "ours", "weights printed", "ours ", "verdict"]
        return self._flavour.table(head, rows) + self._why(found)

    def exact_table(self) -> str:
        """Return the exact parts of 1.4 with the simulated ones."""
        rows = []
        for each in self._results["fits"]["fixed"]["fits"]:
            exact, simulated = each["exact"], each["simulated"]
            best = each["fit"] == self._results["fits"]["fixed"]["best"]["exact"]
            rows.append(
                [
                    self._flavour.strong(each["fit"]) if best else each["fit"],
                    *(f"{exact[part]:.6f}" for part in ("mse", "bias_squared", "variance")),
                    f"{simulated['mse']['value']:.4f} ± {simulated['mse']['se']:.4f}",
                ]
            )
        return self._flavour.table(["", "E[MSE]", "bias²", "variance", "E[MSE] simulated"], rows)

    def fresh_table(self) -> str:
        """Return the risk over draws of the training points."""
        rows = []
        for each in self._results["fits"]["fresh"]["fits"]:
            mean, tails = each["simulated"]["mse"], each["risk_quantiles"]
            numbers = (tails["0.05"], tails["0.5"], tails["0.95"])
            rows.append(
                [each["fit"], *(f"{x:.4g}" for x in numbers), f"{mean['value']:.4g} ± {mean['se']:.2g}"]
            )
        return self._flavour.table(["", "5 %", "median", "95 %", "mean"], rows)

    def between_table(self) -> str:
        """Return precision between two PR points."""
        between = self._results["scores"]["between"]
        rows = [
            [f"{recall:.2f}", f"{precision:.3f}", f"{straight:.3f}"]
            for recall, precision, straight in zip(
                between["recall"], between["precision"], between["straight"], strict=True
            )
        ]
        return self._flavour.table(["recall", "precision", "on a straight line"], rows)

    def areas_table(self) -> str:
        """Return the areas with their intervals."""
        scores = self._results["scores"]
        labels = {
            "auroc": "AUROC",
            "aupr": "AUPR",
            "ap": "average precision",
            "aupr-trapezoid": "AUPR, trapezoid",
            "auprg": "AUPRG",
        }
        rows = []
        for area, label in labels.items():
            for model, name in (("adaboost", "AdaBoost"), ("logistic", "logistic")):
                low, high = scores["intervals"][model][area]
                value, chance = scores["models"][model][area], scores["chance"][area]
                rows.append(
                    [f"{label}, {name}", f"{value:.10f}", f"{low:.3f} to {high:.3f}", f"{chance:.3f}"]
                )
        return self._flavour.table(["", "area", "95 % interval", "by chance"], rows)

    def range_table(self) -> str:
        """Return the losses of the candidates, and what was read off both curves."""
        found = self._results["learning"]["range"]
        losses = [
            [f"{row['rate']:.2e}", "broke down" if row["loss"] is None else f"{row['loss']:.4f}"]
            for row in found["candidates"]["losses"]
        ]
        curves = (found["candidates"], found["ramp"])
        rows = [
            [label, *(_rate(curve["readings"][name]) for curve in curves)] for name, label in READINGS.items()
        ]
        for bound in ("lr_min", "lr_max"):
            values = [_rate(curve[bound]) if not curve["unreadable"] else "not readable" for curve in curves]
            rows.append([self._flavour.strong(bound), *values])
        table = self._flavour.table
        return table(["rate", "training loss"], losses) + table(["read off", "candidates", "ramp"], rows)

    def epochs_table(self) -> str:
        """Return the epochs of the cyclical runs."""
        rows = [
            [
                str(row["epoch"]),
                f"{row['updates']:,}",
                f"{row['train_loss']:.4f}",
                f"{100 * row['train_accuracy']:.2f}",
                f"{row['validation_loss']:.4f}",
                f"{100 * row['validation_accuracy']:.2f}",
            ]
            for row in self._results["learning"]["cyclical"]["epochs"]
        ]
        head = ["epoch", "updates", "train loss", "train %", "val. loss", "val. %"]
        return self._flavour.table(head, rows)

    def arms_table(self) -> str:
        """Return the three arms, and how they compare."""
        growth = self._results["learning"]["growth"]
        arms = [
            [
                arm,
                f"{row['updates']:,}",
                self.percent(row["test"]["accuracy"]),
                f"{row['test']['loss']['mean']:.3f}",
            ]
            for arm, row in growth["arms"].items()
        ]
        gaps = [
            [
                f"growth − {second}",
                self.percent(gap),
                "–"
                if gap["interval"] is None
                else " to ".join(f"{100 * end:+.2f}" for end in gap["interval"]),
                gap["verdict"] or "one seed cannot tell",
            ]
            for second, gap in growth["comparisons"].items()
        ]
        table = self._flavour.table
        return table(["arm", "updates", "test %", "test loss"], arms) + table(
            ["difference", "points", "95 % interval", "verdict"], gaps
        )

    def gradients_table(self) -> str:
        """Return every gradient: when it was read and applied, at which versions."""
        rows = [
            [
                f"g[{learner}, {number}]",
                f"{row['read_at']:g} s",
                str(row["read"]),
                f"{row['applied_at']:g} s",
                str(row["applied"]),
                str(row["staleness"]),
            ]
            for learner, gradients in self._results["staleness"]["gradients"].items()
            for number, row in enumerate(gradients, start=1)
        ]
        head = ["", "read at", "version", "applied at", "version ", "staleness"]
        return self._flavour.table(head, rows)


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.2e}"
