"""Batches that grow from epoch to epoch, as torch's loaders take them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch.utils.data import Sampler

from analysis.errors import AnalysisError
from analysis.learning.schedules import at_least_one


class GrowingBatchSampler(Sampler[list[int]]):
    """Indices in batches whose size is another in each epoch: ``DataLoader(data, batch_sampler=sampler)``.

    Each pass over it is the next epoch; after the last of `batches` that one stays. The order of an epoch
    depends on the seed and the epoch alone, and is the one that `analysis.learning.training.updates` takes.

    Parameters
    ----------
    examples
        How many there are.
    batches
        The size for each epoch; `growing_batches` makes sizes that double.
    seed
        Of the orders.
    drop_last
        Leave out a last batch that is smaller than the others.

    Attributes
    ----------
    epoch
        The index of the epoch that the next pass is, or that a pass has begun.

    Examples
    --------
    >>> sampler = GrowingBatchSampler(6, (2, 4))
    >>> [list(map(len, sampler)) for _ in range(3)]
    [[2, 2, 2], [4, 2], [4, 2]]
    """

    def __init__(
        self, examples: int, batches: Sequence[int], *, seed: int = 0, drop_last: bool = False
    ) -> None:
        at_least_one("examples", examples)
        if not batches:
            raise AnalysisError("batches: must be one at least")
        for batch in batches:
            at_least_one("batches", batch)
        if max(batches) > examples:
            raise AnalysisError(f"batches: {max(batches)} must be at most {examples}, the number of examples")
        self._examples, self._batches = examples, tuple(batches)
        self._seed, self._drop_last = seed, drop_last
        self.epoch = 0
        self._skipped = 0

    @property
    def batch_size(self) -> int:
        """The size of a whole batch in this epoch."""
        return self._batches[min(self.epoch, len(self._batches) - 1)]

    def set_epoch(self, epoch: int, skip: int = 0) -> None:
        """Let the next pass be an epoch, from 0, and leave out so many of its first batches."""
        if epoch < 0 or skip < 0:
            raise AnalysisError(f"epoch {epoch}, {skip} batches left out: must be at least 0")
        self.epoch, self._skipped = epoch, skip

    def __len__(self) -> int:
        """Return the number of batches of this epoch that are still to come at its beginning."""
        whole, rest = divmod(self._examples, self.batch_size)
        return max(0, whole + (rest > 0 and not self._drop_last) - self._skipped)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the epoch's batches; at their end the next epoch's turn has come."""
        order = np.random.default_rng([self._seed, self.epoch]).permutation(self._examples).tolist()
        size, skipped = self.batch_size, self._skipped
        for begun in range(skipped * size, self._examples, size):
            batch = order[begun : begun + size]
            if not (self._drop_last and len(batch) < size):
                yield batch
        self.set_epoch(self.epoch + 1)

    def state_dict(self) -> dict[str, Any]:
        """Return where it stands, between epochs, as plain data."""
        return {"epoch": self.epoch, "batches": list(self._batches), "seed": self._seed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another sampler stood.

        Raises
        ------
        AnalysisError
            When that one had other batches or another seed.
        """
        if (state_dict.get("batches"), state_dict.get("seed")) != (list(self._batches), self._seed):
            raise AnalysisError("sampler: the state is of other batches, or of another seed")
        self.set_epoch(int(state_dict["epoch"]))
