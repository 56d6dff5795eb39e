"""The commands that give the page's numbers, by question."""

from collections.abc import Mapping
from typing import Any

from analysis.report.scales import Scale

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "1.2": ("python -m analysis bias-variance --replay-handed-in",),
    "1.3": (
        "python -m analysis bias-variance --replay-handed-in",
        "python -m analysis bias-variance --degrees 1,3,10 --figure lines.png",
    ),
    "1.4": (
        "python -m analysis bias-variance --degrees 1..15 --datasets {datasets}",
        "python -m analysis bias-variance --scheme fresh-x --datasets {datasets}",
        "python -m analysis bias-variance --replay-handed-in",
    ),
    "1.5": (
        "python -m analysis bias-variance --ridge 0.5 --degree 10 --basis monomial",
        "python -m analysis bias-variance --replay-handed-in",
    ),
    "2.2": ("python -m analysis scores --data {data} --seed 42 --figure curves.png",),
    "2.3": ("python -m analysis scores --data {data} --seed 42 --bootstrap {replicates} --splits {splits}",),
    "3.1": ("python -m analysis lr-range --scale {scale}",),
    "3.2": ("python -m analysis cyclical --scale {scale}",),
    "3.3": ("python -m analysis batch-growth --scale {scale}",),
    "4.1": ("python -m nets table vgg19 --convention assignment", "python -m nets check vgg19"),
    "4.2": ("python -m nets compare inception-naive inception-reduced --input 1x256x32x32",),
    "5": (
        "python -m sim run examples/two-learners.toml",
        "python -m sim run --worker L1=1 --worker L2=2.5 --until 5",
    ),
}


def commands_for(question: str, scale: Scale, results: Mapping[str, Any]) -> list[str]:
    """Return the commands that give the numbers of a question, at a scale and for the data that are here."""
    scores = results.get("scores", {"is_diabetes": True})
    learning = results.get("learning", {"is_fashion": True})
    values = {
        "datasets": scale.datasets,
        "replicates": scale.replicates,
        "splits": scale.splits,
        "data": "diabetes" if scores["is_diabetes"] else scores["data"]["name"],
        "scale": scale.name if learning["is_fashion"] else "tiny --dataset digits",
    }
    return [command.format(**values) for command in COMMANDS[question]]
