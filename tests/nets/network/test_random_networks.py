"""Random networks, built in torch and run: hand formulas against tensors, torch's counter and fvcore.

``NETS_CASES`` sets how many networks are drawn, 1,500 by default.
"""

import os

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from nets.build import build, module_of
from nets.counting.counters import count
from nets.counting.crosscheck import crosscheck
from nets.errors import NetsError
from nets.inputs import symbolic_input
from nets.layers import Layer
from nets.network.algebra import Shape
from nets.network.formulas import substitute, symbol
from nets.network.graph import Network, step
from nets.tables.presets import FVCORE, TORCH
from tests.nets.strategies import convolutions, max_pools, mean_pools, networks

CASES = int(os.environ.get("NETS_CASES", "1500"))
many = settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
some = settings(max_examples=max(CASES // 5, 1), suppress_health_check=list(HealthCheck))


@many
@given(networks(), st.integers(1, 2))
def test_formulas_equal_torch_and_fvcore_layer_by_layer(network: Network, batch: int) -> None:
    shape = (batch, *network.example[1:])
    hand = network.table(shape, every=True)
    counted = count(build(network), torch.zeros(shape))
    layers = [row for row in hand.rows if row.type != "Input"]
    assert [call.name for call in counted.calls] == [row.layer for row in layers]
    for row in layers:
        assert counted.outputs[row.layer] == row.output, row.layer
        assert counted.weights[row.layer] == row.counts.weights, row.layer
        assert counted.biases[row.layer] == row.counts.biases, row.layer
        assert counted.torch_flops[row.layer] == row.counts.flops, row.layer
    for row in network.table(shape, convention=FVCORE, every=True).rows:
        assert counted.fvcore_macs.get(row.layer, 0) == row.counts.operations, row.layer
        assert counted.fvcore_activations.get(row.layer, 0) == row.counts.activations, row.layer
    assert counted.torch_flops[""] == network.table(shape, convention=TORCH).total.operations


@some
@given(networks())
def test_a_crosscheck_finds_no_fault_and_explains_every_difference(network: Network) -> None:
    check = crosscheck(network)
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
