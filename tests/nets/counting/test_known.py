"""Whole numbers that a trace keeps: lengths of packed sequences, counters, selections."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

import nets
from nets.errors import CountError


class Packing(nn.Module):
    """A recurrent layer over sequences of these lengths."""

    def __init__(self, *, enforce_sorted: bool = True, batch_first: bool = True) -> None:
        super().__init__()
        self.layer = nn.GRU(8, 16, batch_first=batch_first)
        self.enforce_sorted, self.batch_first = enforce_sorted, batch_first

    def forward(self, data: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(data, lengths, self.batch_first, self.enforce_sorted)
        return torch.as_tensor(self.layer(packed)[0].data)


@pytest.mark.parametrize(("batch_first", "shape"), [(True, (3, 5, 8)), (False, (5, 3, 8))])
@pytest.mark.parametrize("lengths", [[5, 3, 1], [5, 5, 5], [2, 1, 1], [1, 5, 3]])
def test_each_step_of_each_sequence_is_counted(
    batch_first: bool,  # noqa: FBT001  # a parameter of pytest
    shape: tuple[int, ...],
    lengths: list[int],
) -> None:
    module = Packing(enforce_sorted=False, batch_first=batch_first)
    assert nets.table(module, [shape, torch.tensor(lengths)]).total.macs == sum(lengths) * 3 * 16 * 24


@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize(
    ("lengths", "sentence"),
    [
        ([5, 3, 2, 1], "4 lengths are given for 3|place 3 is selected, and there are 3"),
        ([6, 3, 1], "a packed sequence of 6 steps is to be taken from 5: there are too few"),
        ([5, 3, 0], "must be at least 1, and they are 5, 3, 0"),
    ],
)
def test_lengths_that_torch_refuses_are_refused(
    lengths: list[int],
    sentence: str,
    enforce_sorted: bool,  # noqa: FBT001  # a parameter of pytest
) -> None:
    module = Packing(enforce_sorted=enforce_sorted)
    with pytest.raises((RuntimeError, IndexError)):
        module(torch.zeros(3, 5, 8), torch.tensor(lengths))
    with pytest.raises(CountError, match=sentence):
        nets.table(module, [(3, 5, 8), torch.tensor(lengths)])


def test_fewer_lengths_and_growing_ones_are_refused_where_they_must_be_sorted() -> None:
    with pytest.raises(CountError, match="2 lengths are given for 3 packed sequences: 5, 3"):
        nets.table(Packing(), [(3, 5, 8), torch.tensor([5, 3])])
    with pytest.raises(CountError, match="must fall unless enforce_sorted is False, and they are 1, 5, 3"):
        nets.table(Packing(), [(3, 5, 8), torch.tensor([1, 5, 3])])


def test_how_many_lengths_there_are_is_no_symbol_and_the_longest_is_a_limit() -> None:
    lengths = torch.tensor([5, 3, 1])
    with pytest.raises(CountError, match="3 lengths are given of packed sequences: write 3 in place of N"):
        nets.table(Packing(), ["NxLx8", lengths])
    table = nets.table(Packing(), ["3xLx8", lengths])
    assert table.total.macs == 9 * 3 * 16 * 24
    assert [str(condition) for condition in table.conditions] == ["L >= 5"]
    with pytest.raises(
        CountError, match="a packed sequence of 900 steps is to be taken from L: write a number"
    ):
        nets.table(Packing(), ["3xLx8", torch.tensor([900, 3, 1])])


class Counter(nn.Module):
    """Does as much as a counter says."""

    def __init__(self, *, known: bool = True) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.seen: Tensor
        self.register_buffer("seen", torch.tensor(1))
        self.known = known

    def forward(self, data: Tensor) -> Tensor:
        self.seen += 2 if self.known else (data.sum() > 0).to(torch.int64)
        for _ in range(int(self.seen)):
            data = self.layer(data)
        return data


def test_a_counter_counts_in_the_trace_and_stands_where_it_stood_after_it() -> None:
    module = Counter()
    before = module.seen
    for _ in range(2):
        assert nets.table(module, (3, 4)).total.macs == 3 * 3 * 16
    assert module.seen is before
    assert module.seen == 1


def test_a_counter_that_numbers_change_is_no_longer_known() -> None:
    with pytest.raises(CountError, match="depends on the numbers that flow"):
        nets.table(Counter(known=False), (3, 4))


def test_batch_norm_with_a_cumulative_average_reads_its_counter() -> None:
    module = nn.BatchNorm1d(4, momentum=None)
    assert nets.table(module, (3, 4), train=True).total.parameters == 8
    assert module.num_batches_tracked == 0


def test_scalars_are_inputs_and_no_sizes() -> None:
    assert nets.table(nn.MSELoss(), [torch.tensor(0.5), torch.tensor(1.0)]).total.elementwise == 1
