"""The models of torchinfo's own tests (its tests/fixtures and torchinfo_test.py), anew, with hand counts.

torchinfo's "mult-adds" are parameters times positions; expected here are multiply-accumulates. What its tests
want of its printing (columns, widths, depths) is no count. Those of its fixtures that are not here need
pretrained weights (compressai, flan-t5) or another library (transformers).
"""

import warnings
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import prune

import nets
from nets import zoo
from nets.build import build
from nets.errors import NetsError
from tests.nets.counting.modules import Function


def script(module: nn.Module) -> Any:  # noqa: ANN401  # torch says no more
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch prefers others, and people have scripts
        return torch.jit.script(module)


CONV1, CONV2 = 10 * 25, 20 * 10 * 25
SINGLE = CONV1 * 24**2 + CONV2 * 8**2 + 320 * 50 + 50 * 10
SINGLE_PARAMETERS = CONV1 + 10 + CONV2 + 20 + 320 * 50 + 50 + 50 * 10 + 10


class Single(nn.Module):
    """Two convolutions and two layers, pooled and activated by functions; a dictionary if asked for."""

    def __init__(self, *, scripted: bool = False, everything: bool = False) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 10, 5), nn.Conv2d(10, 20, 5)
        self.drop = nn.Dropout2d(0.3)
        self.fc1: Any = nn.Linear(320, 50)
        self.fc2: Any = nn.Linear(50, 10)
        if scripted:
            self.fc1, self.fc2 = script(self.fc1), script(self.fc2)
        self.everything = everything

    def forward(self, data: Tensor, ignored: Any = None) -> Any:  # noqa: ANN401  # as torchinfo's
        del ignored
        first = functional.relu(functional.max_pool2d(self.conv1(data), 2))
        second = functional.relu(functional.max_pool2d(self.drop(self.conv2(first)), 2))
        hidden = functional.relu(self.fc1(second.view(-1, 320)))
        scores = functional.log_softmax(self.fc2(hidden), dim=1)
        return {"conv1": first, "fc1": hidden, "output": scores} if self.everything else scores


class Two(nn.Module):
    """Two inputs, one of whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1a, self.fc1b = nn.Linear(300, 50), nn.Linear(50, 10)
        self.fc2a, self.fc2b = nn.Linear(300, 50), nn.Linear(50, 10)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        first = self.fc1b(functional.relu(self.fc1a(x1)))
        second = self.fc2b(functional.relu(self.fc2a(x2.type(torch.float))))
        return functional.log_softmax(torch.cat((first, second), 0), dim=1)


class Scalar(nn.Module):
    """A number decides which convolution runs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(64, 64, 3, 1, 1), nn.Conv2d(64, 32, 3, 1, 1)

    def forward(self, data: Tensor, scalar: float) -> Tensor:
        return torch.as_tensor(self.conv1(data) if scalar == 5 else self.conv2(data))


class Words(nn.Module):
    """Words through an LSTM of two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 300)
        self.encoder = nn.LSTM(300, 512, num_layers=2)
        self.decoder = nn.Linear(512, 20)

    def forward(self, words: Tensor) -> tuple[Tensor, Any]:
        out, hidden = self.encoder(self.embedding(words))
        return self.decoder(out).view(-1, 20), hidden


class Six(nn.Module):
    """One convolution six times; other arguments are ignored."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(64, 64, 3, 1, 1)

    def forward(self, data: Tensor, args1: Any = None, args2: Any = None) -> Tensor:  # noqa: ANN401  # ignored
        del args1, args2
        for _ in range(6):
            data = self.conv1(data)
        return data


class Holding(nn.Module):
    """Parameters of its own, which it returns or works with."""

    def __init__(self, function: Callable[..., Any], **shapes: tuple[int, ...]) -> None:
        super().__init__()
        self.function = function
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.ones(shape)))

    def forward(self, data: Tensor) -> Any:  # noqa: ANN401  # what the function returns
        return self.function(self, data)


class Listed(nn.Module):
    """A list of parameters that nothing uses."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterList(nn.Parameter(torch.zeros(100, size)) for size in (100, 200))

    def forward(self, data: Tensor) -> Tensor:
        return data


class Siamese(nn.Module):
    """Two pictures through the same layers."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [nn.Conv2d(1, 64, 10), nn.Conv2d(64, 128, 7), nn.Conv2d(128, 128, 4), nn.Conv2d(128, 256, 4)]
        )
        self.fc1, self.fc2 = nn.Linear(256, 4096), nn.Linear(4096, 1)

    def half(self, data: Tensor) -> Tensor:  # type: ignore[override]  # half of the net
        for conv in self.convs:
            data = functional.max_pool2d(functional.relu(conv(data)), 2)
        return torch.as_tensor(self.fc1(data.flatten(1)))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return torch.sigmoid(self.fc2(torch.abs(self.half(first) - self.half(second))))


class Choices(nn.Module):
    """Layers by name."""

    def __init__(self) -> None:
        super().__init__()
        self.choices = nn.ModuleDict({"conv": nn.Conv2d(10, 10, 3), "pool": nn.MaxPool2d(3)})
        self.activations = nn.ModuleDict({"lrelu": nn.LeakyReLU(), "prelu": nn.PReLU()})

    def forward(self, data: Tensor, layer_type: str, activation_type: str) -> Tensor:
        return torch.as_tensor(self.activations[activation_type](self.choices[layer_type](data)))


class Child(nn.Module):
    """A sequence run whole, run layer by layer, and whole again."""

    def __init__(self) -> None:
        super().__init__()
        self.sequence = nn.Sequential(nn.Linear(5, 5), nn.Linear(5, 5))
        self.between = nn.Linear(5, 5)

    def forward(self, data: Tensor) -> Tensor:
        self.sequence[1](self.sequence[0](self.between(self.sequence(data))))
        return torch.as_tensor(self.sequence[1](self.sequence[0](self.sequence(data))))


class Container(nn.Module):
    """A list with such a module in it, and None."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(5, 5), Child(), nn.Linear(5, 5)])
        self.layers.append(None)  # type: ignore[arg-type]  # torch takes it

    def forward(self, data: Tensor) -> Tensor:
        for layer in self.layers:
            data = layer(data) if layer is not None else data
        return data


class Unpooled(nn.Module):
    """Pooling with indices, and back."""

    def __init__(self) -> None:
        super().__init__()
        self.encode, self.decode = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 3, 3, padding=1)
        self.pool, self.unpool = nn.MaxPool2d(2, 2, return_indices=True), nn.MaxUnpool2d(2, 2)

    def forward(self, data: Tensor) -> Tensor:
        full = functional.relu(self.encode(data))
        pooled, indices = self.pool(full)
        return functional.relu(self.decode(self.unpool(pooled, indices=indices, output_size=full.size())))


class Packed(nn.Module):
    """An LSTM of packed sequences with a given state."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.lstm = nn.Embedding(60, 128), nn.LSTM(128, 32)
        self.out = nn.Linear(32, 18)

    def forward(self, words: Tensor, lengths: Tensor) -> Tensor:
        state = torch.ones(1, words.size(-1), 32), torch.ones(1, words.size(-1), 32)
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(words), lengths)
        _, (last, _) = self.lstm(packed, state)
        return functional.log_softmax(self.out(last[-1]), dim=1)


class Mixed(nn.Module):
    """Layers that are learned, half learned and not learned."""

    def __init__(self) -> None:
        super().__init__()
        self.all, self.half_, self.none = (nn.Conv1d(1, 1, 1) for _ in range(3))
        for parameter in (self.half_.bias, *self.none.parameters()):
            assert parameter is not None
            parameter.requires_grad = False

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.none(self.half_(self.all(data))))


class Blocks(nn.Sequential):
    """A sequence with weights for its blocks."""

    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__(*blocks)
        self.weights = nn.Parameter(torch.zeros(len(blocks)))

    def forward(self, data: Tensor) -> Tensor:
        for index, block in enumerate(self):
            data = data + self.weights[index] * block(data)
        return data


class Inside(nn.Module):
    """Bare parameters at two depths."""

    def __init__(self, read: int, inner: nn.Module | None = None) -> None:
        super().__init__()
        self.layer = nn.Linear(read, 1)
        self.param = nn.Parameter(torch.ones(read))
        self.inner = inner or nn.Identity()

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.inner(self.layer(data)) * self.param)


class Cell(nn.Module):
    """An LSTM's cell four times, and a layer at the end if asked for."""

    def __init__(self, *, after: bool) -> None:
        super().__init__()
        self.lstm, self.projection = nn.LSTMCell(3, 2), nn.Linear(2, 3)
        self.after = after

    def forward(self, data: Tensor) -> Tensor:
        hidden, state = torch.randn(len(data), 2), torch.randn(len(data), 2)
        for _ in range(4):
            hidden, state = self.lstm(data, (hidden, state))
            hidden = torch.tanh(hidden)
        return torch.as_tensor(self.projection(hidden) if self.after else hidden)


class Dilated(nn.Module):
    """Convolutions called by their names in two dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 8, 5, padding="same"), nn.Conv2d(8, 1, 1)
        self.block0 = nn.ModuleDict({f"c{i}": self.conv(2**i) for i in (1, 2, 3)})
        self.block1 = nn.ModuleDict({f"c{i}": self.conv(2 ** (7 - i)) for i in (4, 5, 6)})

    @staticmethod
    def conv(dilation: int) -> nn.Module:
        layer = nn.Conv2d(8, 8, 3, padding="same", dilation=dilation, bias=False)
        return nn.Sequential(layer, nn.BatchNorm2d(8), nn.ReLU())

    def forward(self, data: Tensor) -> Tensor:
        data = self.first(data)
        for block in (self.block0, self.block1):
            for layer in block.values():
                data = layer(data)
        return torch.as_tensor(self.last(data))


class KernelSize(nn.Module):
    """Keeps its kernel's size as a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, padding=1)
        self.kernel_size = torch.tensor(3)

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.conv(data))


class Nothing(nn.Module):
    """No input, no layers, a tensor that is no parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.tensor = torch.rand(3, 3, requires_grad=True)

    def forward(self) -> dict[str, Tensor]:
        return {"loss": self.tensor.sum()}


class Optional(nn.Module):
    """A dictionary that may be empty."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 1)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, object]:
        return {"foo": [self.linear(inputs["foo"] if inputs else torch.ones(3)), "a word", nn.Linear]}


class Reduce(nn.Module):
    """Halves a map by two strided convolutions, one of them of the shifted map; as in neural search cells."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_1 = nn.Conv2d(8, 4, 1, stride=2, bias=False)
        self.conv_2 = nn.Conv2d(8, 4, 1, stride=2, bias=False)
        self.separable = nn.Sequential(
            nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False), nn.Conv2d(8, 8, 1, bias=False)
        )

    def forward(self, data: Tensor) -> Tensor:
        halves = [self.conv_1(data), self.conv_2(data[:, :, 1:, 1:])]
        return torch.as_tensor(self.separable(torch.cat(halves, 1)))


class Views(nn.Module):
    """Several radar views: 3-d convolutions, odd windows, transposed convolutions, dilated branches."""

    def __init__(self) -> None:
        super().__init__()
        self.deep = nn.Conv3d(1, 4, 3, padding=(0, 1, 1))
        self.pool = nn.MaxPool2d(2, stride=(2, 1))
        self.branches = nn.ModuleList(nn.Conv2d(4, 4, 3, padding=d, dilation=d) for d in (1, 6))
        self.up = nn.ConvTranspose2d(8, 4, (2, 1), stride=(2, 1))

    def forward(self, data: Tensor) -> Tensor:
        maps = self.pool(functional.pad(self.deep(data).squeeze(2), (0, 1, 0, 0)))
        return torch.as_tensor(self.up(torch.cat([branch(maps) for branch in self.branches], 1)))


Point = namedtuple("Point", ["x", "y"])  # noqa: PYI024  # as torchinfo's


def reused(times: int) -> nn.Sequential:
    layer = nn.Linear(10, 10)
    return nn.Sequential(*(part for _ in range(times) for part in (layer, nn.ReLU(inplace=True))))


def pruned() -> nn.Module:
    module = Single()
    for layer in (module.conv1, module.conv2, module.fc1, module.fc2):
        prune.l1_unstructured(layer, "weight", 0.5)  # type: ignore[no-untyped-call]  # torch's
    return module


LINEAR = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 1))
WORDS = 20 * 300 + 4 * 512 * (300 + 512 + 2) + 4 * 512 * (512 + 512 + 2) + 512 * 20 + 20
WORDS_MACS = 100 * (4 * 512 * (300 + 512) + 4 * 512 * (512 + 512) + 512 * 20)
FULLY = {"a": (128, 64), "b": (64,)}
LENGTHS = [13, 12, 11, 11, 10, 9, 7, 5, 4, 4]
RESNET18 = 1_814_073_344 - 512_000  # fvcore at 224×224, without the last layer

CASES: dict[
    str, tuple[Callable[[], nn.Module], Any, dict[str, Any], int, int]
] = {  # module, inputs, keywords, parameters, MACs
    "single input": (Single, (2, 1, 28, 28), {}, 21_840, 2 * SINGLE),
    "returns a dictionary": (
        lambda: Single(everything=True),
        [(1, 1, 28, 28), torch.zeros(12)],
        {},
        SINGLE_PARAMETERS,
        SINGLE,
    ),
    "pruned": (pruned, (16, 1, 28, 28), {}, SINGLE_PARAMETERS, 16 * SINGLE),  # zeros are multiplied, too
    "half precision": (lambda: Single().half(), (2, 1, 28, 28), {}, SINGLE_PARAMETERS, 2 * SINGLE),
    "partly scripted": (lambda: Single(scripted=True), (2, 1, 28, 28), {}, SINGLE_PARAMETERS, 2 * SINGLE),
    "linear": (lambda: LINEAR, (64, 128), {}, 2 * 129 * 128 + 129, 64 * (2 * 128 * 128 + 128)),
    "scripted": (
        lambda: script(LINEAR),
        (64, 128),
        {},
        2 * 129 * 128 + 129,
        64 * (2 * 128 * 128 + 128),
    ),
    "one layer": (lambda: nn.Linear(2, 5), (1, 2), {}, 15, 10),
    "linear on three sizes": (lambda: nn.Linear(8, 64), (32, 16, 8), {}, 9 * 64, 32 * 16 * 8 * 64),
    "groups": (
        lambda: nn.Conv2d(16, 32, 3, groups=4),
        (7, 16, 28, 28),
        {},
        32 * 36 + 32,
        7 * 32 * 36 * 26**2,
    ),
    "two types": (Two, [(1, 300), "1x300:int64"], {}, 31_120, 2 * (300 * 50 + 50 * 10)),
    "two types by name": (Two, {"x1": (1, 300), "x2": "1x300:int64"}, {}, 31_120, 31_000),
    "two types, one by keyword": (Two, (1, 300), {"x2": torch.zeros(1, 300).long()}, 31_120, 31_000),
    "a number decides": (Scalar, [(1, 64, 9, 9)], {"scalar": 5}, 55_392, 81 * 64 * 576),
    "another number": (Scalar, {"data": (1, 64, 9, 9), "scalar": 4.0}, {}, 55_392, 81 * 32 * 576),
    "words": (Words, "1x100:int64", {}, WORDS, WORDS_MACS),
    "six times": (Six, (1, 64, 28, 28), {}, 36_928, 6 * 784 * 64 * 576),
    "ignored arguments": (
        Six,
        (1, 64, 28, 28),
        {"args1": "args1", "args2": "args2"},
        36_928,
        6 * 784 * 64 * 576,
    ),
    "a parameter alone": (lambda: Holding(lambda m, _: m.weight, weight=(4, 8)), (1,), {}, 32, 0),
    "a list of parameters": (Listed, (100, 100), {}, 30_000, 0),
    "siamese": (
        Siamese,
        [(1, 1, 88, 88), (1, 1, 88, 88)],
        {},
        64 * 101 + 128 * (64 * 49 + 1) + 128 * (128 * 16 + 1) + 256 * (128 * 16 + 1) + 4096 * 257 + 4097,
        2
        * (
            64 * 100 * 79**2
            + 128 * 64 * 49 * 33**2
            + 128 * 128 * 16 * 13**2
            + 256 * 128 * 16 * 3**2
            + 256 * 4096
        )
        + 4096,
    ),
    "by name: conv, leaky": (
        Choices,
        (1, 10, 3, 3),
        {"layer_type": "conv", "activation_type": "lrelu"},
        911,
        900,
    ),
    "by name: pool, prelu": (
        Choices,
        (1, 10, 3, 3),
        {"layer_type": "pool", "activation_type": "prelu"},
        911,
        0,
    ),
    "numbers as keys": (
        lambda: Function(lambda x: 5 * (x[256] + x[512][0])),
        [{256: (10, 1), 512: [(10, 1)]}],
        {},
        0,
        0,
    ),
    "nested lists": (Container, (1, 5), {}, 5 * 30, (1 + 5 + 4 + 1) * 25),
    "nested lists, no batch": (Container, (5,), {}, 150, 11 * 25),
    "no input": (Nothing, None, {}, 0, 0),
    "an empty dictionary": (Optional, [{}], {}, 4, 3),
    "named tuple": (
        lambda: Function(lambda x, y: Point(x, y).x + torch.ones(2, 1, 28, 28)),
        [(2, 1, 28, 28), (2, 1, 28, 28)],
        {},
        0,
        0,
    ),
    "autoencoder": (Unpooled, (1, 3, 64, 64), {}, 448 + 435, 2 * 432 * 64**2),
    "packed": (
        Packed,
        ["13x10:int64", torch.tensor(LENGTHS)],
        {},
        60 * 128 + 128 * 162 + 33 * 18,
        sum(LENGTHS) * 128 * 160 + 10 * 32 * 18,
    ),
    "half of the parameters learned": (
        lambda: Holding(lambda m, x: m.w * x + m.b, w=(10,), b=(10,)),
        (10,),
        {},
        20,
        0,
    ),
    "partly frozen": (Mixed, (1, 1, 1), {}, 6, 3),
    "one layer four times": (lambda: reused(4), (2, 10), {}, 110, 4 * 200),
    "one activation four times": (
        lambda: nn.Sequential(
            nn.ReflectionPad2d(3),
            nn.Conv2d(4, 1, 1),
            nn.BatchNorm2d(1),
            *(nn.Conv2d(m, 2 * m, 1, stride=2, padding=1) for m in (1, 2, 4)),
        ),
        (4, 4, 64, 64),
        {},
        5 + 2 + 4 + 12 + 40,
        4 * (4 * 70**2 + 2 * 36**2 + 8 * 19**2 + 32 * 11**2),
    ),
    "a name like a pruned one": (
        lambda: Holding(lambda m, _: m.weight_orig, weight_orig=(4, 8)),
        (1,),
        {},
        32,
        0,
    ),
    "a mask that is a parameter": (
        lambda: Holding(lambda m, _: m.weight_orig, weight_orig=(4, 8), weight_mask=(4, 8)),
        (1,),
        {},
        64,  # torchinfo prints 32 and says that it should be 64
        0,
    ),
    "weights of blocks": (lambda: Blocks(nn.Linear(2, 2), nn.Linear(2, 2)), (1, 2), {}, 14, 8),
    "a product with a parameter": (
        lambda: Holding(lambda m, x: torch.mm(x, m.a) + m.b, **FULLY),
        (3, 128),
        {},
        129 * 64,
        3 * 128 * 64,
    ),
    "parameters at two depths": (lambda: Inside(2, Inside(1)), (100, 2), {}, 8, 300),
    "names in dictionaries": (
        Dilated,
        (2, 3, 32, 32),
        {},
        608 + 6 * (576 + 16) + 9,
        2 * 1024 * (600 + 6 * 576 + 8),
    ),
    "list of layers": (
        lambda: nn.Sequential(
            *(nn.Sequential(nn.Conv1d(1, 1, 1), nn.ReLU(), nn.MaxPool1d(1)) for _ in "12345")
        ),
        [1, 1, 10],
        {},
        10,
        50,
    ),
    "a cell": (lambda: Cell(after=False), (2, 3), {}, 8 * 7 + 9, 4 * 2 * 8 * 5),
    "a cell and a layer": (lambda: Cell(after=True), (2, 3), {}, 65, 320 + 2 * 6),
    "a tensor as kernel size": (KernelSize, (1, 1, 16), {}, 4, 48),
    "search cell": (Reduce, (2, 8, 8, 8), {}, 2 * 32 + 72 + 64, 2 * 16 * (64 + 72 + 64)),
    "radar views": (
        Views,
        (1, 1, 3, 16, 8),
        {},
        4 * 28 + 2 * 148 + 68,
        4 * 27 * 128 + 2 * 144 * 64 + 64 * 64,
    ),
    "resnet18": (lambda: build(zoo.resnet(18)), (1, 3, 64, 64), {}, 11_689_512, RESNET18 * 4 // 49 + 512_000),
    "resnet50": (lambda: build(zoo.resnet(50)), (2, 3, 224, 224), {}, 25_557_032, 2 * 4_089_184_256),
    "resnet152": (lambda: build(zoo.resnet(152)), (1, 3, 224, 224), {}, 60_192_808, 11_513_626_624),
}


@pytest.mark.parametrize("case", CASES)
def test_torchinfos_fixtures(case: str) -> None:
    make, inputs, kwargs, parameters, macs = CASES[case]
    module = make()
    table = nets.table(module, inputs, kwargs=kwargs)
    assert table.findings is not None
    assert table.findings.complete
    assert table.total.macs == macs
    assert table.total.parameters == parameters == sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("shape", [[(2,)], ((2,),), (2,), [2]])
def test_a_shape_may_be_written_in_several_ways(shape: Any) -> None:  # noqa: ANN401  # a case
    assert nets.table(Holding(lambda m, _: m.weight, weight=(3, 2)), shape).input == (2,)


def test_the_size_of_two_inputs_is_that_of_both() -> None:
    table = nets.table(Siamese(), [(1, 1, 88, 88), (1, 1, 88, 88)])
    assert table.rows[0].counts.activations == 2 * 88 * 88


def test_frozen_parameters_are_named() -> None:
    findings = nets.table(Mixed(), (1, 1, 1)).findings
    assert findings is not None
    assert findings.frozen == ("half_.bias", "none.weight", "none.bias")


def test_hooks_that_are_there_already_run_and_change_nothing() -> None:
    called = []
    plain, hooked = reused(4), reused(4)
    hooked[0].register_forward_pre_hook(lambda *_: called.append("before"))
    hooked[0].register_forward_hook(lambda *_: called.append("after"))
    assert nets.table(plain, (2, 10)).to("csv") == nets.table(hooked, (2, 10)).to("csv")
    assert called == ["before", "after"] * 4


class Faulty(nn.Module):
    """Runs into an error."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, 5)

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.conv1(self.conv1(data)))


class Numpy(nn.Module):
    """Takes and returns an array of numpy's."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, array: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401  # an array
        return self.layer(torch.from_numpy(array)).detach().numpy()


@pytest.mark.parametrize(
    ("module", "inputs", "sentence"),
    [
        (Faulty(), (5, 1, 28, 28), "Faulty does not run on input 5×1×28×28: in conv1"),
        (Faulty(), [[[torch.zeros(1, 28, 28)]]], "Faulty does not run on input ((1×28×28)): in conv1"),
        (Numpy(), [np.ones((2, 3), np.float32)], "Numpy does not run on input ndarray: (test_torchinfo.py:"),
        (Faulty(), None, "Faulty: a module needs inputs, such as '1x3x224x224' for data"),
        (Faulty(), [(3, 0)], "input 3×0: 0 must be an integer of at least 1"),
        (Faulty(), {0: 1}, "input 1 is neither a shape nor a tensor"),
        (Faulty(), "hello", "input hello: 'hello' must be an integer of at least 1, or a name such as H"),
        (nn.ModuleList(), None, "ModuleList does not run on no input: Module [ModuleList] is missing"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_a_sentence(
    module: nn.Module,
    inputs: Any,  # noqa: ANN401  # any input
    sentence: str,
) -> None:
    with pytest.raises(NetsError) as caught:
        nets.table(module, inputs)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
