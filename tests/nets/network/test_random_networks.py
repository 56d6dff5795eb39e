"""Random networks, built in torch and run: hand formulas against tensors, torch's counter and fvcore."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch.utils.flop_counter import FlopCounterMode

import nets
from nets.build import build, module_of
from nets.counting.arguments import arguments_for
from nets.counting.check import check_network
from nets.counting.opinions import fvcore_opinion
from nets.errors import NetsError
from nets.inputs import symbolic_input
from nets.layers import Layer
from nets.network.algebra import Shape
from nets.network.formulas import substitute, symbol
from nets.network.graph import Network, step
from nets.tables.presets import FVCORE, TORCH
from tests.effort import examples
from tests.nets.strategies import convolutions, max_pools, mean_pools, networks

many = settings(examples(300), suppress_health_check=list(HealthCheck))
some = settings(examples(60), suppress_health_check=list(HealthCheck))


@many
@given(networks(), st.integers(1, 2))
def test_formulas_equal_torch_and_fvcore_layer_by_layer(network: Network, batch: int) -> None:
    shape = (batch, *network.example[1:])
    module = build(network)
    traced = nets.table(module, shape, every=True, fold=False)
    hand = [row for row in network.table(shape, every=True).rows if row.type != "Input"]
    assert [row.layer for row in traced.rows[1:]] == [row.layer for row in hand]
    for row in hand:
        seen = traced.by_layer[row.layer]
        assert (seen.output, seen.counts.weights, seen.counts.biases, seen.counts.macs) == (
            *(row.output, row.counts.weights),
            *(row.counts.biases, row.counts.macs),
        ), row.layer
    fvcore = fvcore_opinion(module, arguments_for(module, shape), [row.layer for row in hand])
    for row in network.table(shape, convention=FVCORE, every=True).rows:
        assert fvcore.macs.get(row.layer, 0) == row.counts.operations, row.layer
        assert fvcore.activations.get(row.layer, 0) == row.counts.activations, row.layer
    with FlopCounterMode(display=False) as counter:
        module.eval()(torch.zeros(shape))
    assert counter.get_total_flops() == network.table(shape, convention=TORCH).total.operations


@some
@given(networks())
def test_a_check_finds_no_fault_and_explains_every_difference(network: Network) -> None:
    check = check_network(network)
    assert check.ok, check.unexplained


@some
@given(networks(), st.integers(1, 5), st.integers(1, 40), st.integers(1, 40))
def test_formulas_with_numbers_put_in_equal_the_table_of_numbers(
    network: Network, n: int, h: int, w: int
) -> None:
    formulas = network.table(symbolic_input(network), every=True)
    values = {"N": n, "H": h, "W": w}
    holds = all(
        bool(condition.subs({symbol(name): value for name, value in values.items()}))  # type: ignore[union-attr]  # conditions are relations here
        for condition in formulas.conditions
    )
    shape = (n, network.example[1], h, w)
    if not holds:
        with pytest.raises(NetsError):
            network.table(shape)
        return
    numbers = network.table(shape, every=True)
    for formula, number in zip(formulas.rows, numbers.rows, strict=True):
        assert tuple(substitute(size, values) for size in formula.output) == number.output
        assert substitute(formula.counts.macs, values) == number.counts.macs
        assert substitute(formula.counts.activations, values) == number.counts.activations
    assert substitute(formulas.total.macs, values) == numbers.total.macs


def torch_takes(layer: Layer, shape: Shape) -> "Shape | None":
    try:
        return tuple(module_of(layer)(torch.zeros(shape)).shape)
    except RuntimeError:
        return None


def ours_takes(layer: Layer, shape: Shape) -> "Shape | None":
    try:
        return step("layer", layer, (shape,))[0]
    except NetsError:
        return None


@many
@given(
    st.one_of(convolutions(2), max_pools(), mean_pools()),
    st.integers(1, 3),
    st.integers(1, 8),
    st.integers(1, 8),
)
def test_a_layer_takes_exactly_the_images_that_torch_takes(
    layer: Layer, channels: int, h: int, w: int
) -> None:
    shape = (1, channels, h, w)
    assert ours_takes(layer, shape) == torch_takes(layer, shape)
