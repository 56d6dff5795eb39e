"""Random modules: sequential, branching, functional, shared; against torch's counter and its own sum."""

import contextlib
from collections.abc import Callable

import hypothesis.strategies as st
import sympy
import torch
from hypothesis import HealthCheck, assume, given, settings
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

import nets
from nets.network.formulas import symbol
from tests.effort import examples

some = settings(suppress_health_check=list(HealthCheck))
few = settings(examples(10), suppress_health_check=list(HealthCheck))
CHANNELS = 4


class Branches(nn.Module):
    """Several ways that are added up, or set side by side and mixed again."""

    def __init__(self, ways: list[nn.Module], *, joined: bool) -> None:
        super().__init__()
        self.ways = nn.ModuleList(ways)
        self.mix = nn.Conv2d(CHANNELS * len(ways), CHANNELS, 1) if joined else None

    def forward(self, data: Tensor) -> Tensor:
        results = [way(data) for way in self.ways]
        if self.mix is not None:
            return torch.as_tensor(self.mix(torch.cat(results, 1)))
        return torch.stack(results).sum(0)


class Functional(nn.Module):
    """Work in plain functions, with a parameter that no layer holds."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.weight = nn.Parameter(torch.zeros(CHANNELS, CHANNELS))

    def forward(self, data: Tensor) -> Tensor:
        if self.kind == "product":
            return torch.einsum("oc,nchw->nohw", self.weight, data)
        if self.kind == "attention":
            tokens = data.flatten(2).transpose(1, 2)
            mixed = functional.scaled_dot_product_attention(tokens, tokens, tokens)
            return mixed.transpose(1, 2).reshape(data.shape)
        return functional.gelu(functional.conv2d(data, self.weight[:, :, None, None]))


class Repeated(nn.Module):
    """One module called several times."""

    def __init__(self, inner: nn.Module, times: int) -> None:
        super().__init__()
        self.inner, self.times = inner, times

    def forward(self, data: Tensor) -> Tensor:
        for _ in range(self.times):
            data = self.inner(data)
        return data


def convolutions() -> st.SearchStrategy[nn.Module]:
    def make(kernel: int, groups: int, *, bias: bool, transposed: bool) -> nn.Module:
        kind: Callable[..., nn.Module] = nn.ConvTranspose2d if transposed else nn.Conv2d
        return kind(CHANNELS, CHANNELS, kernel, padding=kernel // 2, groups=groups, bias=bias)

    return st.builds(
        make,
        kernel=st.sampled_from([1, 3]),
        groups=st.sampled_from([1, 2, 4]),
        bias=st.booleans(),
        transposed=st.booleans(),
    )


leaves = st.one_of(
    convolutions(),
    st.sampled_from(["product", "attention", "convolution"]).map(Functional),
    st.sampled_from([nn.ReLU, nn.SiLU, nn.Identity, nn.Dropout]).map(lambda kind: kind()),
    st.booleans().map(lambda affine: nn.BatchNorm2d(CHANNELS, affine=affine)),
    st.just(CHANNELS).map(lambda channels: nn.GroupNorm(2, channels)),
)
modules = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: nn.Sequential(*parts)),
        st.builds(Branches, st.lists(inner, min_size=2, max_size=3), joined=st.booleans()),
        st.builds(Repeated, inner, st.integers(1, 3)),
    ),
    max_leaves=6,
)


def share(module: nn.Module, choose: Callable[[int], int]) -> None:
    """Let some layers have the weight of another of the same shape."""
    weights: dict[tuple[int, ...], list[nn.Module]] = {}
    for layer in module.modules():
        if isinstance(getattr(layer, "weight", None), nn.Parameter):
            weights.setdefault(tuple(layer.weight.shape), []).append(layer)  # type: ignore[arg-type]  # a parameter
    for alike in weights.values():
        for layer in alike[1:]:
            if choose(2):
                layer.weight = alike[0].weight


@some
@given(module=modules, batch=st.integers(1, 3), side=st.integers(3, 6), data=st.data())
def test_a_random_module(module: nn.Module, batch: int, side: int, data: st.DataObject) -> None:
    share(module, lambda n: data.draw(st.integers(0, n - 1)))
    shape = (batch, CHANNELS, side, side)
    table = nets.table(module, shape)
    parameters = sum(parameter.numel() for parameter in module.parameters())
    assert table.findings is not None
    assert table.findings.complete
    assert table.total.parameters == parameters
    flat = nets.table(module, shape, fold=False)
    assert flat.total == table.total == nets.table(module, shape, depth=1).total
    with contextlib.suppress(nets.NetsError):  # a module that learns nothing has no gradients
        backward = nets.table(module, shape, backward=True).total
        assert backward.parameters == parameters
        assert 0 <= backward.backward <= 2 * backward.macs
        assert backward.executed >= backward.macs + backward.backward
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module.eval().to("meta")(torch.zeros(shape, device="meta"))
    assert table.total.flops == counter.get_total_flops()


@few
@given(module=modules, batch=st.integers(1, 20), height=st.integers(1, 40), width=st.integers(1, 40))
def test_a_random_formula_gives_what_a_trace_in_numbers_gives(
    module: nn.Module, batch: int, height: int, width: int
) -> None:
    table = nets.table(module, f"Nx{CHANNELS}xHxW")
    sizes = {symbol("N"): batch, symbol("H"): height, symbol("W"): width}
    assume(all(sympy.sympify(condition).subs(sizes) for condition in table.conditions))
    counted = nets.table(module, (batch, CHANNELS, height, width)).total
    for name in ("parameters", "activations", "macs", "elementwise"):
        assert sympy.sympify(getattr(table.total, name)).subs(sizes) == getattr(counted, name)
    if table.findings is None or not table.findings.pins:  # else the bytes hold for some sizes only
        for name in ("read", "written"):
            assert sympy.sympify(getattr(table.total, name)).subs(sizes) == getattr(counted, name)
