"""The loop against the same arithmetic in numpy, and against itself begun in the middle."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from analysis.errors import AnalysisError
from analysis.learning.datasets import Labelled
from analysis.learning.plans import Plan
from analysis.learning.schedules import Constant, Ramp
from analysis.learning.training import (
    Arithmetic,
    Data,
    DivergedError,
    Examples,
    evaluate,
    seeded,
    sgd,
    updates,
)
from tests.analysis.learning.synthetic import Net, data, same, state

EXAMPLES = data(train=20).train


def test_a_linear_model_learns_as_it_does_in_numpy() -> None:
    module = nn.Linear(8, 3).double()
    examples = Examples(EXAMPLES.inputs.double(), EXAMPLES.labels)
    weights = module.weight.detach().numpy().copy()
    bias = module.bias.detach().numpy().copy()
    velocity = [np.zeros_like(weights), np.zeros_like(bias)]
    plan = Plan((7, 20), Ramp(0.1, 0.4, 4))
    optimizer = sgd(module, momentum=0.5)
    batches = []
    module.register_forward_pre_hook(lambda _, inputs: batches.append(inputs[0].numpy().copy()))
    for update in updates(module, optimizer, examples, plan, seed=3):
        inputs = batches[-1]
        rows = [int(np.flatnonzero((examples.inputs.numpy() == row).all(1))[0]) for row in inputs]
        labels = examples.labels.numpy()[rows]
        logits = inputs @ weights.T + bias
        shares = np.exp(logits - logits.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        assert update.loss == pytest.approx(-np.log(shares[np.arange(len(rows)), labels]).mean())
        assert update.accuracy == pytest.approx((logits.argmax(1) == labels).mean())
        error = (shares - np.eye(3)[labels]) / (7, 20)[update.epoch]  # also where 6 are left of 7
        velocity = [0.5 * velocity[0] + error.T @ inputs, 0.5 * velocity[1] + error.sum(0)]
        weights, bias = weights - update.rate * velocity[0], bias - update.rate * velocity[1]
        assert module.weight.detach().numpy() == pytest.approx(weights, rel=1e-9, abs=1e-12)
    assert [len(batch) for batch in batches] == [7, 7, 6, 20]


@given(st.integers(1, 20), st.sampled_from([None, 1, 2, 5]))
def test_every_example_moves_the_weights_alike_whatever_batch_it_is_in(batch: int, ghost: int | None) -> None:
    module = nn.Linear(8, 3).double()
    examples = Examples(EXAMPLES.inputs.double(), EXAMPLES.labels)
    before = module.weight.detach().clone()
    logits = module(examples.inputs)
    (slope,) = torch.autograd.grad(
        nn.functional.cross_entropy(logits, examples.labels, reduction="sum"), module.weight
    )
    rate = 1e-7  # so low that the slope is the same throughout
    for _ in updates(
        module, sgd(module), examples, Plan((batch,), Constant(rate)), seed=0, arithmetic=Arithmetic(ghost)
    ):
        pass
    moved = (before - module.weight.detach()) * batch / rate
    assert moved.numpy() == pytest.approx(slope.numpy(), rel=1e-4, abs=1e-4)


@given(st.integers(1, 25), st.integers(1, 3), st.integers(0, 100))
def test_each_epoch_takes_every_example_once(batch: int, epochs: int, seed: int) -> None:
    seen: list[Tensor] = []
    module = nn.Linear(8, 3)
    module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    plan = Plan((batch,) * epochs, Constant(0.1))
    made = list(updates(module, sgd(module, 0.9), EXAMPLES, plan, seed=seed))
    assert [update.update for update in made] == list(range(epochs * math.ceil(20 / batch)))
    assert [update.ends_epoch for update in made].count(True) == epochs
    ordered = EXAMPLES.inputs[:, 0].sort().values
    for epoch in torch.cat(seen)[:, 0].reshape(epochs, 20):
        assert torch.equal(epoch.sort().values, ordered)


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    def order(seed: int, epoch: int) -> list[float]:
        seen: list[float] = []
        module = nn.Linear(8, 3)
        module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0][0, 0].item()))
        plan = Plan((1,) * (epoch + 1), Constant(0.1))
        for _ in updates(module, sgd(module, 0.9), EXAMPLES, plan, seed=seed):
            pass
        return seen[-20:]

    orders = [order(seed, epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert len({tuple(one) for one in orders}) == 4
    assert order(0, 1) == orders[1]


@given(st.integers(0, 9))
def test_begun_in_the_middle_it_goes_on_as_if_it_had_begun_at_the_start(start: int) -> None:
    plan = Plan((6, 9, 20), Ramp(0.01, 0.1, 10))

    def trained(pieces: tuple[tuple[int, int], ...]) -> dict[str, Tensor]:
        module = Net()
        optimizer = sgd(module, 0.9)
        with seeded(0):
            for first, last in pieces:
                run = updates(module, optimizer, EXAMPLES, plan, seed=1, start=first)
                for _ in zip(range(last - first), run, strict=False):
                    pass
        return state(module)

    assert same(trained(((0, start), (start, 8))), trained(((0, 8),)))


def test_a_loss_that_is_no_number_stops_before_the_weights_change() -> None:
    module = nn.Linear(8, 3)
    broken = Examples(torch.full_like(EXAMPLES.inputs, math.inf), EXAMPLES.labels)
    before = state(module)
    with pytest.raises(DivergedError) as stop:
        list(updates(module, sgd(module, 0.9), broken, Plan((5,), Constant(0.25)), seed=0))
    assert str(stop.value) == "the loss is nan at update 0, with learning rate 0.25; try a lower rate"
    assert (stop.value.update, stop.value.rate) == (0, 0.25)
    assert same(state(module), before)


def test_evaluation_is_the_whole_mean_and_changes_nothing() -> None:
    module = Net()
    module[3].eval()
    before, modes = state(module), [part.training for part in module.modules()]
    score = evaluate(module, EXAMPLES, batch=7)
    assert same(state(module), before)
    assert [part.training for part in module.modules()] == modes
    module.eval()
    logits = module(EXAMPLES.inputs)
    assert score.loss == pytest.approx(nn.functional.cross_entropy(logits, EXAMPLES.labels).item())
    assert score.accuracy == (logits.argmax(1) == EXAMPLES.labels).sum().item() / 20


def test_bfloat16_computes_nearly_the_same_and_keeps_float32_weights() -> None:
    losses = {}
    for bfloat16 in (False, True):
        module = Net()
        module[3].eval()
        run = updates(
            module,
            sgd(module, 0.9),
            EXAMPLES,
            Plan((20,), Constant(0.1)),
            seed=0,
            arithmetic=Arithmetic(bfloat16=bfloat16),
        )
        losses[bfloat16] = next(run).loss
        assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}
    assert losses[True] == pytest.approx(losses[False], rel=0.02)
    assert losses[True] != losses[False]


def test_images_lie_channels_last_in_memory() -> None:
    images = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    examples = Examples.of(Labelled(images, np.array([0, 1])))
    assert examples.inputs.shape == (2, 1, 3, 4)
    assert examples.inputs.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(examples.inputs[:, 0], torch.from_numpy(images))


def test_a_seeded_stretch_leaves_the_random_state_alone() -> None:
    before = torch.get_rng_state()
    with seeded(5):
        one = torch.rand(3)
    with seeded(5):
        other = torch.rand(3)
    assert torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), before)


@given(st.sampled_from([1, 3, 7, 20, 50]))
def test_parts_of_a_batch_make_no_difference_to_a_module_that_does_not_look_across(ghost: int) -> None:
    plan = Plan((20,) * 3, Constant(0.5))
    whole, parts = nn.Linear(8, 3).double(), nn.Linear(8, 3).double()
    parts.load_state_dict(whole.state_dict())
    examples = Examples(EXAMPLES.inputs.double(), EXAMPLES.labels)
    made = [
        list(updates(module, sgd(module, 0.9), examples, plan, seed=0, arithmetic=Arithmetic(size)))
        for module, size in ((whole, None), (parts, ghost))
    ]
    for one, other in zip(*made, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-12)
        assert other.accuracy == one.accuracy
        assert other.batch == 20
    assert torch.allclose(whole.weight, parts.weight, rtol=1e-12)


def test_batch_norm_sees_parts_of_one_size_however_large_the_batch() -> None:
    seen: list[int] = []
    module = nn.Sequential(nn.BatchNorm1d(8, affine=False), nn.Linear(8, 3)).double()
    module[0].register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    examples = Examples(EXAMPLES.inputs.double(), EXAMPLES.labels)
    weight, bias = (module.get_parameter(f"1.{name}").detach().numpy().copy() for name in ("weight", "bias"))
    plan = Plan((20,), Constant(0.5))
    (update,) = updates(module, sgd(module, 0.9), examples, plan, seed=0, arithmetic=Arithmetic(8))
    assert seen == [8, 8, 4]

    order = np.random.default_rng([0, 0]).permutation(20)
    losses: list[float] = []
    for rows in (order[:8], order[8:16], order[16:]):
        part = examples.inputs.numpy()[rows]
        normalised = (part - part.mean(0)) / np.sqrt(part.var(0) + 1e-5)
        logits = normalised @ weight.T + bias
        losses += list(np.log(np.exp(logits).sum(1)) - logits[np.arange(len(rows)), EXAMPLES.labels[rows]])
    assert update.loss == pytest.approx(np.mean(losses))


@pytest.mark.parametrize(
    ("inputs", "labels"),
    [
        ((8, 3), (7,)),
        ((8, 4, 4), (8, 4, 4)),
        ((8, 3), (8, 1)),
        ((0, 3), (0,)),
    ],
)
def test_every_input_needs_one_label(inputs: tuple[int, ...], labels: tuple[int, ...]) -> None:
    with pytest.raises(AnalysisError, match="give one label for each input"):
        Examples(torch.zeros(inputs), torch.zeros(labels, dtype=torch.int64))


@pytest.mark.parametrize("labels", [torch.zeros(2), torch.tensor([0, -1])])
def test_labels_are_whole_numbers_from_0(labels: torch.Tensor) -> None:
    with pytest.raises(AnalysisError, match="must be int64 and at least 0"):
        Examples(torch.zeros(2, 3), labels)


def test_what_is_learned_and_what_is_tested_on_is_of_one_size() -> None:
    part = Examples(torch.zeros(2, 3), torch.tensor([0, 1]))
    with pytest.raises(AnalysisError, match=r"inputs of \(3,\) and \(4,\) must be of one size"):
        Data(part, part, Examples(torch.zeros(2, 4), torch.tensor([0, 1])))


def test_any_input_and_any_label_is_in_the_fingerprint() -> None:
    part = Examples(torch.zeros(2, 3), torch.tensor([0, 1]))
    prints = {Data(part, part, part).fingerprint}
    prints.add(Data(part, part, Examples(part.inputs, torch.tensor([1, 1]))).fingerprint)
    inputs = part.inputs.clone()
    inputs[1, 2] = 1e-30
    prints.add(Data(Examples(inputs, part.labels), part, part).fingerprint)
    prints.add(Data(part, part, Examples(torch.zeros(2, 3), torch.tensor([1, 0]))).fingerprint)
    assert len(prints) == 4
    assert Data(part, part, Examples(torch.zeros(2, 3), torch.tensor([0, 1]))).fingerprint in prints


class Returning(nn.Linear):
    """Has something to learn, and returns what it is told to."""

    def __init__(self, returned: object) -> None:
        super().__init__(3, 2)
        self.returned = returned

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002  # torch's own name
        del input
        return self.returned  # type: ignore[return-value]  # that is what is tried


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (torch.zeros(2), r"returns a tensor of shape \(2,\) for 2 examples"),
        (torch.zeros(2, 1), r"a number for each of at least 2 classes"),
        (torch.zeros(2, 2, 4, 4), r"returns a tensor of shape \(2, 2, 4, 4\)"),
        (None, "returns NoneType"),
    ],
)
def test_a_net_returns_a_number_for_each_class(returned: object, said: str) -> None:
    examples = Examples(torch.zeros(2, 3), torch.tensor([0, 1]))
    module = Returning(returned)
    with pytest.raises(AnalysisError, match=said):
        next(updates(module, sgd(module), examples, Plan((2,), Constant(0.1)), seed=0))
    with pytest.raises(AnalysisError, match=said):
        evaluate(module, examples)


PLAIN_EXAMPLES = Examples(torch.zeros(6, 4), torch.arange(6) % 3)


def linear() -> nn.Linear:
    return nn.Linear(4, 3)


def one_epoch(module: nn.Module, optimizer: Any = None) -> None:  # noqa: ANN401  # also what is none
    optimizer = optimizer or torch.optim.SGD([nn.Parameter(torch.zeros(1))])
    for _ in updates(module, optimizer, PLAIN_EXAMPLES, Plan((3,), Constant(0.1)), seed=0):
        pytest.fail("an update was made")


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        (lambda: Examples(np.zeros((2, 3)), np.zeros(2, int)), "inputs and labels: must be tensors"),  # type: ignore[arg-type]  # what is refused
        (lambda: Arithmetic(ghost=0), "ghost: 0 must be at least 1"),
        (lambda: Arithmetic(ghost=-1), "ghost: -1 must be at least 1"),
        (lambda: evaluate(linear(), PLAIN_EXAMPLES, batch=0), "batch: 0 must be at least 1"),
        (lambda: one_epoch(linear().requires_grad_(False)), "net: no parameter of it needs a gradient"),
        (
            lambda: one_epoch(linear(), torch.optim.LBFGS(linear().parameters())),
            "optimizer: LBFGS chooses its steps itself",
        ),
        (lambda: one_epoch(linear(), linear()), "optimizer: Linear must be one of torch's kind"),
    ],
)
def test_nonsense_is_refused_before_any_update(attempt: Callable[[], object], sentence: str) -> None:
    with pytest.raises(AnalysisError, match=sentence):
        attempt()
