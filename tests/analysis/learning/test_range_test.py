"""The range test on modules, losses and loaders that are not ours, against runs made by hand."""

import copy
import math
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

from analysis.errors import AnalysisError
from analysis.learning import Ramp, RangeCurve, lr_range_test, plot
from tests.analysis.learning.synthetic import data, same, state

GENERATOR = torch.Generator().manual_seed(3)
X = torch.randn(128, 5, generator=GENERATOR)
Y = X @ torch.tensor([[1.0], [-2.0], [0.5], [0.0], [1.0]]) + 0.3 * torch.randn(128, 1, generator=GENERATOR)
REGRESSION = TensorDataset(X, Y)
CLASSES = data(train=128).train


class Counting(nn.Module):
    """A regression with all that could get lost, and a counter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 1)
        )
        self.calls = 0

    def forward(self, x: Tensor, scale: float | Tensor = 1.0) -> Tensor:
        self.calls += 1
        out: Tensor = self.layers(x)
        return out * scale


def made() -> tuple[Counting, torch.optim.Optimizer]:
    torch.manual_seed(1)
    module = Counting()
    return module, torch.optim.SGD(module.parameters(), lr=0.5, momentum=0.9)


def by_hand(batches: list[tuple[Tensor, Tensor]], rates: list[float]) -> list[float]:
    """Losses of plain updates of `made`, dropout drawn from seed 0."""
    module, optimizer = made()
    torch.manual_seed(0)
    losses = []
    for (x, y), rate in zip(batches, rates, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(module(x), y)
        loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
        optimizer.step()
        losses.append(loss.item())
    return losses


BATCHES = [(X[begun : begun + 16], Y[begun : begun + 16]) for begun in range(0, 128, 16)]


def test_it_is_a_run_whose_rate_grows() -> None:
    module, optimizer = made()
    curve = lr_range_test(
        module, optimizer, nn.functional.mse_loss, BATCHES, lowest=1e-4, highest=1e-2, updates=20
    )
    rise = Ramp(1e-4, 1e-2, 20)
    rates = [rise(index) for index in range(20)]
    assert list(curve.rates) == rates
    assert list(curve.losses) == by_hand([*BATCHES, *BATCHES, *BATCHES][:20], rates)


def test_bounds_are_numbers_between_which_it_learns() -> None:
    module, optimizer = made()
    loader = DataLoader(REGRESSION, batch_size=16, shuffle=True)
    curve = lr_range_test(module, optimizer, nn.MSELoss(), loader, lowest=1e-6, seeds=(0, 1, 2))
    assert curve.lr_min is not None
    assert curve.lr_max is not None
    assert 1e-4 < curve.lr_min < curve.lr_max < 1
    assert repr(curve).startswith("RangeCurve(ramp, ")
    assert f"lr_min {curve.lr_min:.3g}, lr_max {curve.lr_max:.3g}" in repr(curve)


@pytest.mark.parametrize("interrupted", [False, True])
def test_it_leaves_no_trace(interrupted: bool) -> None:  # noqa: FBT001  # a parameter of the test
    module, optimizer = made()
    scheduler = StepLR(optimizer, 10)
    generator = torch.Generator().manual_seed(9)
    loader = DataLoader(REGRESSION, batch_size=16, shuffle=True, generator=generator)
    module.eval()
    module.layers[1].train()
    before = state(module), copy.deepcopy(optimizer.state_dict()), dict(vars(scheduler))
    modes = [part.training for part in module.modules()]
    optimizers = {name for name in vars(optimizer) if name != "state"}
    draws = torch.get_rng_state(), generator.get_state(), random.getstate(), np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002  # what must be left alone

    def watch(rate: float, loss: float) -> None:
        random.random()  # noqa: S311  # somebody's hook draws
        np.random.rand()  # noqa: NPY002  # as above
        if interrupted and loss and rate > 1e-3:
            raise KeyboardInterrupt

    try:
        lr_range_test(module, optimizer, nn.MSELoss(), loader, updates=40, watch=watch)
    except KeyboardInterrupt:
        assert interrupted
    assert same(state(module), before[0])
    assert str(optimizer.state_dict()) == str(before[1])
    assert {name for name in vars(optimizer) if name != "state"} == optimizers
    assert [part.training for part in module.modules()] == modes
    assert all(parameter.grad is None for parameter in module.parameters())
    assert module.calls == 0
    assert {name: vars(scheduler)[name] for name in ("last_epoch", "base_lrs")} == {
        name: before[2][name] for name in ("last_epoch", "base_lrs")
    }
    assert torch.equal(torch.get_rng_state(), draws[0])
    assert torch.equal(generator.get_state(), draws[1])
    assert random.getstate() == draws[2]
    assert (np.random.get_state()[1] == draws[3]).all()  # type: ignore[index]  # noqa: NPY002  # as above


def test_the_same_seeds_give_the_same_curve_and_others_another() -> None:
    module, optimizer = made()
    loader = DataLoader(REGRESSION, batch_size=16, shuffle=True)

    def losses(*seeds: int) -> tuple[float | None, ...]:
        return lr_range_test(module, optimizer, nn.MSELoss(), loader, updates=20, seeds=seeds).losses

    assert losses(5) == losses(5) != losses(6)
    for one, other, mean in zip(losses(5), losses(6), losses(5, 6), strict=False):  # the shortest counts
        assert mean == pytest.approx((one or math.nan) / 2 + (other or math.nan) / 2)


class Dictionaries:
    """A loader of dictionaries, as language models have them."""

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        for x, y in BATCHES:
            yield {"x": x, "scale": torch.ones(1), "labels": y}


def curves(**kinds: Any) -> dict[str, tuple[float | None, ...]]:  # noqa: ANN401  # whatever a loader yields
    found = {}
    for name, (loader, options) in kinds.items():
        module, optimizer = made()
        loss = nn.functional.mse_loss
        found[name] = lr_range_test(module, optimizer, loss, loader, updates=20, **options).losses
    return found


def test_batches_may_be_pairs_tuples_dictionaries_or_of_ones_own() -> None:
    ones = torch.ones(1)
    found = curves(
        pairs=(BATCHES, {}),
        lists=([[x, y] for x, y in BATCHES], {}),
        arguments=([(x, ones, y) for x, y in BATCHES], {}),
        nested=([((x, ones), y) for x, y in BATCHES], {}),
        keywords=([({"x": x, "scale": ones}, y) for x, y in BATCHES], {}),
        dictionaries=(Dictionaries(), {"target": "labels"}),
        own=([torch.cat([x, y], 1) for x, y in BATCHES], {"forward": lambda m, b: (m(b[:, :5]), b[:, 5:])}),
    )
    assert len(set(found.values())) == 1


def test_classes_are_learned_as_well() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    loader = DataLoader(TensorDataset(CLASSES.inputs, CLASSES.labels), batch_size=32, shuffle=True)
    curve = lr_range_test(
        module,
        torch.optim.Adam(module.parameters()),
        nn.CrossEntropyLoss(),
        loader,
        lowest=1e-6,
        seeds=range(4),
    )
    assert curve.lr_max is not None
    assert 1e-4 < curve.lr_max < 1


def test_a_curve_that_says_nothing_says_so() -> None:
    module, optimizer = made()
    curve = lr_range_test(module, optimizer, nn.MSELoss(), BATCHES, lowest=1e-12, highest=1e-10)
    assert (curve.lr_min, curve.lr_max) == (None, None)
    assert curve.unreadable
    assert "not readable: " in repr(curve)
    assert len(curve.to_pandas()) == 100


def test_a_loss_that_is_no_number_ends_it() -> None:
    module, optimizer = made()
    curve = lr_range_test(module, optimizer, nn.MSELoss(), BATCHES, lowest=1e-3, highest=1e12, updates=60)
    assert len(curve.losses) < 60


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loader": []}, "loader: yields no batch"),
        ({"loader": iter(BATCHES), "updates": 20}, "loader: yields no batch, or none when it is begun again"),
        ({"loader": [X]}, "loader: a batch is Tensor, not a tuple of inputs and targets"),
        ({"loader": [(X,)]}, "loader: a batch is list, not a tuple of inputs and targets"),
        ({"loader": Dictionaries()}, "target: None must name the targets in a batch of x, scale, labels"),
        (
            {"loader": Dictionaries(), "target": "y"},
            "target: 'y' must name the targets in a batch of x, scale",
        ),
        (
            {"loss": nn.MSELoss(reduction="none")},
            r"loss: must return a tensor of one number, not a tensor of",
        ),
        ({"loss": lambda a, b: 1.0}, "loss: must return a tensor of one number, not float"),  # noqa: ARG005  # the hook's signature
        ({"loss": lambda a, b: b.mean()}, "loss: has no gradient"),  # noqa: ARG005  # as above
        ({"seeds": ()}, "seeds: must be one at least"),
        ({"updates": 1}, "updates: 1 must be at least 2"),
        ({"lowest": 1.0, "highest": 0.1}, "lowest: 1.0 must be below highest"),
        ({"smoothing": 1.0}, "smoothing: 1.0 must be at least 0 and below 1"),
    ],
)
def test_what_will_not_do_is_one_sentence_and_leaves_no_trace(changes: dict[str, Any], said: str) -> None:
    module, optimizer = made()
    before = state(module)
    arguments: dict[str, Any] = {"loss": nn.functional.mse_loss, "loader": BATCHES} | changes
    with pytest.raises(AnalysisError) as refusal:
        lr_range_test(module, optimizer, **arguments)
    assert said in str(refusal.value)
    assert same(state(module), before)


def test_an_optimizer_that_searches_its_step_is_refused() -> None:
    module, _ = made()
    with pytest.raises(AnalysisError, match="LBFGS chooses its steps itself"):
        lr_range_test(module, torch.optim.LBFGS(module.parameters()), nn.MSELoss(), BATCHES)


def test_a_curve_is_drawn_where_one_likes() -> None:
    module, optimizer = made()
    loader = DataLoader(REGRESSION, batch_size=16, shuffle=True)
    curve = lr_range_test(module, optimizer, nn.MSELoss(), loader, lowest=1e-6, seeds=(0, 1, 2))
    axes = Figure().subplots()
    assert plot(curve, axes) is axes
    labels = axes.get_legend_handles_labels()[1]
    assert {"each batch", "range over seeds", "suggested range", "minimum"} <= set(labels)
    assert curve._repr_html_().count("<tr") == len(curve.rates) + 1


def test_a_curve_that_contradicts_itself_is_refused() -> None:
    none = (None, None, None)
    with pytest.raises(AnalysisError, match="as many losses as rates"):
        RangeCurve("ramp", (0.1, 0.2), (1.0,), (1.0,), (1.0,), (1.0,), *none, "noise")
    with pytest.raises(AnalysisError, match="both bounds, or none and the reason"):
        RangeCurve("ramp", (0.1,), (1.0,), (1.0,), (1.0,), (1.0,), *none, None)
