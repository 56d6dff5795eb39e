"""Tracing: nothing is computed, everything is left as it was, what cannot be traced ends in a sentence."""

import gc
import random
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import nets
from nets.counting.rules import RULES
from nets.errors import CountError, InputError
from tests.nets.counting.modules import Decoder, Function, Packed, Token, Upsampled


class Stateful(nn.Module):
    """Changes everything that a module can change when it runs."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.scale = nn.Parameter(torch.ones(4))
        self.steps: Tensor
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.cache: list[Tensor] = []
        self.seen = 0
        self.fails = fails

    def forward(self, data: Tensor) -> Tensor:
        self.seen += 1
        self.steps += 1
        self.cache.append(data)
        self.last = data
        random.random()  # noqa: S311  # it only has to draw
        np.random.rand()  # noqa: NPY002  # the global generator is meant
        result = self.norm(data) * self.scale + torch.rand(4)
        if self.fails:
            raise KeyboardInterrupt
        return torch.as_tensor(result)


def state(module: Stateful) -> list[Any]:
    return [
        module.training,
        module.norm.training,
        module.seen,
        len(module.cache),
        hasattr(module, "last"),
        [(name, tensor.clone(), id(tensor)) for name, tensor in module.state_dict(keep_vars=True).items()],
        [(p.requires_grad, p.grad) for p in module.parameters()],
        len(module._forward_hooks),
        len(torch.nn.modules.module._global_forward_hooks),
        len(torch.nn.modules.module._global_forward_pre_hooks),
        torch.get_rng_state(),
        random.getstate(),
        np.random.get_state(legacy=True)[1],  # type: ignore[index]  # noqa: NPY002  # the global generator is meant
        torch.backends.mha.get_fastpath_enabled(),
        torch.is_grad_enabled(),
        torch._C._len_torch_dispatch_stack(),
        torch._C._len_torch_function_stack(),
    ]


def same(before: Any, after: Any) -> bool:  # noqa: ANN401  # nested states
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, Tensor | np.ndarray):
        return bool((before == after).all())
    return bool(before == after)


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("fails", [False, True], ids=["runs", "interrupted"])
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_a_module_and_torch_are_left_exactly_as_they_were(
    *, fails: bool, training: bool, backward: bool
) -> None:
    module = Stateful(fails=fails).train(training)
    module.norm.eval()
    module.scale.grad = torch.full((4,), 3.0)
    before = state(module)
    if fails:
        with pytest.raises(KeyboardInterrupt):
            nets.table(module, (3, 4), backward=backward)
    else:
        nets.table(module, (3, 4), backward=backward)
    assert same(before, state(module))
    assert torch.equal(module.scale.grad, torch.full((4,), 3.0))
    module.fails = False
    assert module(torch.zeros(3, 4)).shape == (3, 4)


def test_after_an_error_torch_still_traces() -> None:
    for module, inputs in ((nn.Linear(3, 3), (1, 4)), (Token(), (1, 3, 16)), (Token(), (1, 3))):
        with pytest.raises((CountError, AssertionError)):  # noqa: PT012  # whichever of the two fails
            nets.testing.assert_counts(module, inputs, macs=1, against="fvcore")
            nets.table(nn.Linear(3, 3), (1, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        traced = torch.jit.trace(  # type: ignore[no-untyped-call]  # torch's annotations
            nn.Linear(3, 3), torch.zeros(1, 3)
        )
    assert traced(torch.zeros(2, 3)).shape == (2, 3)


def test_nothing_is_computed_and_nothing_reserved() -> None:
    with torch.device("meta"):
        giant = nn.Sequential(nn.Linear(100_000, 100_000), nn.Linear(100_000, 100_000))
    table = nets.table(giant, (10_000, 100_000))
    assert table.total.parameters == 2 * (10**10 + 10**5)
    assert table.total.macs == 2 * 10**14
    assert all(parameter.device.type == "meta" for parameter in giant.parameters())


def test_no_tensor_of_a_trace_stays_alive() -> None:
    def alive() -> int:
        gc.collect()
        return sum(issubclass(type(thing), Tensor) for thing in gc.get_objects())

    module = Upsampled()
    nets.table(module, (1, 3, 4, 4))
    before = alive()
    nets.table(module, (1, 3, 4, 4), backward=True)
    assert alive() <= before


class Keywords(nn.Module):
    """Calls by keyword, returns a dictionary, takes tuples and more."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, data: Any, *, mask: Tensor | None = None, twice: bool = False) -> dict[str, Any]:  # noqa: ANN401  # whatever
        if isinstance(data, dict):
            data = data["image"]
        if isinstance(data, list | tuple):
            data = data[0]
        result = self.conv(input=data)
        if mask is not None:
            result = result * mask
        return {"out": [result, None, (result if twice else 3)]}


IMAGE = 3 * 9 * 4 * 36


@pytest.mark.parametrize(
    ("inputs", "kwargs"),
    [
        ("1x3x8x8", None),
        ("1x3x8x8:float64", {"twice": True}),
        ((1, 3, 8, 8), {"mask": "6x6"}),
        ([1, 3, 8, 8], {"mask": torch.zeros(6, 6)}),
        (torch.Size((1, 3, 8, 8)), None),
        (np.array([1, 3, 8, 8]), None),
        ((np.int64(1), 3, 8, 8), None),
        (torch.zeros(1, 3, 8, 8), None),
        (torch.zeros(1, 3, 8, 8, device="meta"), None),
        ([[torch.zeros(1, 3, 8, 8), (1, 5)]], None),
        ({"data": (1, 3, 8, 8), "mask": "6x6"}, None),
        ({"image": "1x3x8x8"}, None),
        ((3, 8, 8), None),
    ],
)
def test_inputs_of_every_sort(inputs: Any, kwargs: dict[str, Any] | None) -> None:  # noqa: ANN401  # that is the point
    module = Keywords().double() if isinstance(inputs, str) and "float64" in inputs else Keywords()
    assert nets.table(module, inputs, kwargs=kwargs).total.macs == IMAGE


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_type_of_numbers(dtype: torch.dtype) -> None:
    assert nets.table(nn.Linear(4, 2).to(dtype), (3, 4)).total.macs == 24


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        (None, "Keywords: a module needs inputs, such as '1x3x224x224' for data"),
        ((4,), "Keywords does not run on input 4: in conv"),
        ((-1, 4), "input -1×4: -1 must be an integer of at least 1"),
        ((1, 2.5), "input 1×2.5: 2.5 must be an integer of at least 1"),
        ((0, 3, 8, 8), "0 must be an integer of at least 1"),
        ("4xx", "'' must be an integer of at least 1"),
        ("1x3x8x8:int63", "type 'int63' does not exist; did you mean int6"),
        ((), "Keywords: an empty tuple is no input"),
        (3, "input 3 is neither a shape nor a tensor"),
        ([(4,), (4,)], "Keywords does not run on input 4, 4"),
        ("1x3x8x8:int64", "Keywords does not run on input"),
    ],
)
def test_bad_inputs_are_one_sentence(inputs: Any, sentence: str) -> None:  # noqa: ANN401  # any nonsense
    with pytest.raises((InputError, CountError)) as caught:
        nets.table(Keywords(), inputs)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [
        (None, "None cannot be counted"),
        (3, "a int cannot be counted"),
        (nn.Linear, "Linear is a class: give an instance of it"),
        ("vgg91", "net 'vgg91' does not exist"),
        ("nowhere.py:Net", "nowhere.py: there is no such file"),
        ("torch.nn:Nothing", "torch.nn has no 'Nothing'"),
        ("torch.nope:Net", "torch.nope: there is no module"),
        ("torch.nn:Linear", "torch.nn:Linear cannot be built"),
        ("math:pi", "math:pi is a float, neither a torch module nor a network"),
    ],
)
def test_what_cannot_be_counted_is_one_sentence(subject: Any, sentence: str) -> None:  # noqa: ANN401  # any nonsense
    with pytest.raises((InputError, CountError)) as caught:
        nets.table(subject, (1, 3))
    assert sentence in str(caught.value)


def test_a_choice_by_numbers_names_module_and_line() -> None:
    module = nn.Sequential(nn.Linear(4, 4), Function(lambda a: a if a.sum() > 0 else -a))
    with pytest.raises(CountError, match=r"in 1 \(test_trace\.py:\d+\) what happens depends on the numbers"):
        nets.table(module, (2, 4))
    with pytest.raises(CountError, match="what happens depends on the numbers"):
        nets.table(Function(torch.nonzero), (2, 4))


def test_known_integers_may_be_chosen_by() -> None:
    module = Function(lambda data, kind: data @ data.T if kind.item() == 1 else data)
    assert nets.table(module, [(3, 4), torch.tensor(1)]).total.macs == 36
    assert nets.table(module, [(3, 4), torch.tensor(2)]).total.macs == 0


def test_lengths_of_packed_sequences_are_needed_as_numbers() -> None:
    with pytest.raises(CountError, match="give them as a tensor, not as a shape"):
        nets.table(Packed(), "3x5x8,3:int64")


def test_whole_numbers_where_torch_wants_them_are_asked_for() -> None:
    with pytest.raises(
        CountError, match="write the type of whole numbers into the input, such as 2x128:int64"
    ):
        nets.table(Decoder(), "2x8")


def test_a_lazy_module_stays_lazy() -> None:
    module = nn.Sequential(nn.LazyLinear(4), nn.Linear(4, 2))
    table = nets.table(module, (3, 8))
    assert table.total.parameters == 8 * 4 + 4 + 4 * 2 + 2
    assert isinstance(module[0], nn.LazyLinear)
    assert isinstance(module[0].weight, nn.UninitializedParameter)


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        (Upsampled(), (1, 3, 4, 4)),
        (nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), (2, 5, 16)),
        (nn.LSTM(8, 16, 2), (5, 2, 8)),
        (Decoder(), "2x8:int64"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_torchs_counter_on_meta_says_the_same(module: nn.Module, inputs: Any) -> None:  # noqa: ANN401  # any input
    table = nets.table(module, inputs)
    whole = isinstance(inputs, str)
    shape = (2, 8) if whole else inputs
    data = torch.zeros(shape, device="meta", dtype=torch.int64 if whole else torch.float32)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module.eval().to("meta")(data)
    assert counter.get_total_flops() == table.total.flops


def test_the_registry_is_a_mapping_of_operators() -> None:
    assert "aten.mm" in RULES
    assert len(RULES) == len(set(RULES))
