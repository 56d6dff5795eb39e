"""Range tests that leave no trace, and agree with runs made by hand."""

import math
from collections.abc import Callable
from typing import NoReturn

import pytest
import torch
from torch import nn

from analysis.errors import AnalysisError
from analysis.learning.lr_range import Bench, Effort, candidates, log_spaced, ramp
from analysis.learning.plans import Plan
from analysis.learning.range_curve import RangeCurve
from analysis.learning.schedules import Constant, Ramp
from analysis.learning.training import seeded, sgd, updates
from tests.analysis.learning.synthetic import Net, data, same, state

EXAMPLES = data(train=60).train
RATES = log_spaced(1e-6, 1e1, 8)
RangeTest = Callable[[nn.Module, torch.optim.Optimizer], RangeCurve]


def try_candidates(module: nn.Module, optimizer: torch.optim.Optimizer) -> RangeCurve:
    return candidates(Bench(module, optimizer, EXAMPLES), RATES, batch=10, epochs=2)


def try_ramp(module: nn.Module, optimizer: torch.optim.Optimizer) -> RangeCurve:
    return ramp(Bench(module, optimizer, EXAMPLES), lowest=1e-6, highest=1e3, length=60, batch=10)


def half_trained() -> tuple[Net, torch.optim.SGD]:
    """A net in the middle of something: momentum and buffers filled, a gradient pending, a part frozen."""
    module = Net()
    optimizer = sgd(module, 0.9)
    with seeded(0):
        for _ in updates(module, optimizer, EXAMPLES, Plan((20,), Constant(0.1)), seed=0):
            pass
        module(EXAMPLES.inputs).sum().backward()
    module[3].eval()
    return module, optimizer


@pytest.mark.parametrize("range_test", [try_candidates, try_ramp])
def test_it_leaves_no_trace(range_test: RangeTest) -> None:
    module, optimizer = half_trained()
    tensors = {name: value.data_ptr() for name, value in module.state_dict().items()}
    weights, modes = state(module), [part.training for part in module.modules()]
    gradients = [one.grad.clone() for one in module.parameters() if one.grad is not None]
    momenta = [optimizer.state[one]["momentum_buffer"].clone() for one in module.parameters()]
    group = {name: value for name, value in optimizer.param_groups[0].items() if name != "params"}
    random = torch.get_rng_state()

    range_test(module, optimizer)

    assert same(state(module), weights)
    assert {name: value.data_ptr() for name, value in module.state_dict().items()} == tensors
    assert [part.training for part in module.modules()] == modes
    after = [one.grad for one in module.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(after, gradients, strict=True) if a is not None)
    assert None not in after
    for one, momentum in zip(module.parameters(), momenta, strict=True):
        assert torch.equal(optimizer.state[one]["momentum_buffer"], momentum)
    assert {name: value for name, value in optimizer.param_groups[0].items() if name != "params"} == group
    assert torch.equal(torch.get_rng_state(), random)


def test_a_fresh_optimizer_is_fresh_again() -> None:
    module = Net()
    optimizer = sgd(module, 0.9)
    try_ramp(module, optimizer)
    assert not optimizer.state_dict()["state"]
    assert all(parameter.grad is None for parameter in module.parameters())


def test_interrupted_it_leaves_no_trace_either() -> None:
    module, optimizer = half_trained()
    weights = state(module)

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ramp(
            Bench(module, optimizer, EXAMPLES), length=60, batch=10, effort=Effort(watch=lambda *_: interrupt)
        )
    assert same(state(module), weights)


def test_each_candidate_starts_from_the_same_state_and_meets_the_same_batches() -> None:
    module = Net()
    curve = try_candidates(module, sgd(module, 0.9))
    for rate, loss in list(zip(curve.rates, curve.losses, strict=True))[2:6]:
        fresh = Net()
        with seeded(0):
            run = updates(fresh, sgd(fresh, 0.9), EXAMPLES, Plan((10, 10), Constant(rate)), seed=0)
            last = [update.loss for update in run][6:]
        assert loss == pytest.approx(sum(last) / 6, rel=1e-12)


def test_a_ramp_is_a_run_whose_rate_grows() -> None:
    module = Net()
    curve = try_ramp(module, sgd(module, 0.9))
    fresh = Net()
    with seeded(0):
        plan = Plan((10,) * 10, Ramp(1e-6, 1e3, 60))
        run = [
            update
            for update, _ in zip(
                updates(fresh, sgd(fresh, 0.9), EXAMPLES, plan, seed=0), curve.rates, strict=False
            )
        ]
    assert [update.loss for update in run] == list(curve.losses)
    assert [update.rate for update in run] == list(curve.rates)


def test_both_ways_suggest_a_range_that_learns() -> None:
    module = Net()
    optimizer = sgd(module, 0.9)
    for curve in (try_candidates(module, optimizer), try_ramp(module, optimizer)):
        assert isinstance(curve.lr_min, float)
        assert isinstance(curve.lr_max, float)
        assert 1e-5 < curve.lr_min <= curve.lr_max < 10
        assert curve.readings is not None
        assert curve.lr_min == curve.readings.first_decrease


def test_several_seeds_give_medians() -> None:
    module = Net()
    optimizer = sgd(module, 0.9)

    def losses(*seeds: int) -> tuple[float | None, ...]:
        return candidates(
            Bench(module, optimizer, EXAMPLES), RATES, batch=10, epochs=1, effort=Effort(seeds)
        ).losses

    for rates in zip(losses(0), losses(1), losses(2), losses(0, 1, 2), strict=True):
        one, two, three, median = (math.inf if loss is None else loss for loss in rates)
        assert sorted((one, two, three))[1] == median


def test_a_run_that_breaks_down_has_diverged_and_the_rest_is_read() -> None:
    linear = nn.Linear(8, 3)
    curve = candidates(Bench(linear, sgd(linear, 0.9), EXAMPLES), (1e-3, 1e-1, 1e38), batch=10)
    assert curve.losses[-1] is None
    assert curve.readings is not None
    assert curve.readings.divergence == 1e38


def test_a_net_that_does_not_learn_has_a_curve_all_the_same() -> None:
    module = Net()
    bench = Bench(module, sgd(module, 0.9), EXAMPLES)
    curve = candidates(bench, (1e-12, 1e-11, 1e-10), batch=10)
    assert None not in curve.losses
    assert (curve.readings, curve.lr_min, curve.lr_max) == (None, None, None)
    assert curve.unreadable is not None
    assert "nowhere" in curve.unreadable


@pytest.mark.parametrize("length", [40, 41, 1])
def test_a_ramp_is_as_long_as_it_should_be_over_several_epochs(length: int) -> None:
    module = Net()
    bench = Bench(module, sgd(module), EXAMPLES)
    if length == 1:
        with pytest.raises(AnalysisError, match="at least 2"):
            ramp(bench, length=length, batch=20)
        return
    curve = ramp(bench, lowest=1e-9, highest=1e-8, length=length, batch=20)
    assert len(curve.losses) == len(curve.rates) == length
    assert curve.rates[-1] == pytest.approx(1e-8)


def test_a_ramp_ends_where_the_loss_explodes() -> None:
    linear = nn.Linear(8, 3)
    bench = Bench(linear, sgd(linear), EXAMPLES)
    curve = ramp(bench, lowest=1e-2, highest=1e6, length=200, batch=20, smoothing=0.0)
    made = [loss for loss in curve.losses if loss is not None]
    assert len(made) < 200
    assert made[-1] > 4 * max(made[:20]) >= max(made[:-1])


def test_a_module_in_evaluation_mode_is_trained_like_any_other() -> None:
    losses = []
    for mode in (True, False):
        module = Net().train(mode)
        losses.append(try_ramp(module, sgd(module)).losses)
        assert module.training is mode
    assert losses[0] == losses[1]


def test_a_ramp_is_averaged_over_the_seeds_and_shows_their_spread() -> None:
    module = Net()
    bench = Bench(module, sgd(module), EXAMPLES)
    settings = {"lowest": 1e-3, "highest": 1.0, "length": 30, "batch": 20, "smoothing": 0.0}
    alone = [ramp(bench, effort=Effort((seed,)), **settings).losses for seed in (0, 1, 2)]  # type: ignore[arg-type]  # a mapping of mixed types
    together = ramp(bench, effort=Effort((0, 1, 2)), **settings)  # type: ignore[arg-type]  # as above
    for losses, mean, low, high in zip(
        zip(*alone, strict=True), together.losses, together.lowest, together.highest, strict=True
    ):
        values = [loss for loss in losses if loss is not None]
        assert mean == pytest.approx(sum(values) / 3)
        assert (low, high) == (min(values), max(values))


def test_tried_side_by_side_the_losses_are_the_same() -> None:
    module = Net()
    bench = Bench(module, sgd(module, 0.9), EXAMPLES)
    one, two = (
        candidates(bench, RATES, batch=10, epochs=1, effort=Effort((0, 1), jobs=jobs)) for jobs in (1, 2)
    )
    assert one == two


def test_a_settled_rate_per_group_comes_back() -> None:
    module = nn.Linear(8, 3)
    optimizer = torch.optim.Adam(
        [{"params": [module.weight], "lr": 0.5}, {"params": [module.bias], "lr": 0.25}]
    )
    ramp(Bench(module, optimizer, EXAMPLES), lowest=1e-6, highest=1e3, length=60, batch=10)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.25]


@pytest.mark.parametrize(
    ("rates", "sentence"),
    [
        ([1e-3, 1e-2], "rates: 2 must be at least 3"),
        ([1e-2, 1e-3, 1e-4], "rates: must be positive and ascend"),
        ([1e-2, 1e-2, 1e-1], "rates: must be positive and ascend"),
    ],
)
def test_rates_that_cannot_be_read_are_refused_before_any_run(rates: list[float], sentence: str) -> None:
    def watch(*_: object) -> NoReturn:
        pytest.fail("a run was begun")

    module = Net()
    with pytest.raises(AnalysisError, match=sentence):
        candidates(Bench(module, sgd(module), EXAMPLES), rates, effort=Effort(watch=watch))


def test_no_seed_is_refused() -> None:
    with pytest.raises(AnalysisError, match="seeds: must be one at least"):
        Effort(())
