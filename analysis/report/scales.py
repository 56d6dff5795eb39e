"""How much is computed: three scales of the whole write-up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """One size of all experiments.

    Attributes
    ----------
    name
        Also that of the learning experiments' scale.
    summary
        What it is good for, and how long it takes.
    datasets
        Of the simulation beside the exact decomposition, and draws of the training points.
    replicates
        Of the bootstrap.
    splits
        Over which two classifiers are compared.
    """

    name: str
    summary: str
    datasets: int
    replicates: int
    splits: int


SCALES = {
    scale.name: scale
    for scale in (
        Scale("tiny", "to see that it works, in a minute or two", 200, 500, 10),
        Scale("small", "what the printed page shows, within the hour", 2_000, 2_000, 50),
        Scale("paper", "the assignment as posed, hours", 10_000, 10_000, 50),
    )
}
