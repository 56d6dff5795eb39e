"""Seconds and hand counts of `nets` beside seven other tools that count operations.

    python benchmarks/nets_peers.py [--rounds N] [--tools TOOL,…] [--nets NET,…] [--out FILE]

Each tool counts the same module on the same input in the same process, in turns; medians count, as ratios to
ours. Building a module and moving it to torch's device meta are not timed. Hand counts, written out below,
are multiply-accumulates of layers without biases, which some count and some do not; a tool that prints FLOPs
is halved. Whatever a tool raises is its result.
"""

import argparse
import contextlib
import io
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

import nets

Shape: TypeAlias = tuple[int, ...]
Subject: TypeAlias = tuple[Callable[[], nn.Module], Shape]


class Calls(nn.Module):
    """A plain function of one tensor."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, data: Tensor) -> Tensor:
        """Call it."""
        return self.function(data)


class Holds(nn.Module):
    """A layer, and a function of it and of one tensor."""

    def __init__(self, layer: nn.Module, function: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        self.layer, self.function = layer, function

    def forward(self, data: Tensor) -> Tensor:
        """Call it."""
        return self.function(self.layer, data)


class Token(nn.Module):
    """A bare parameter before the other tokens, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.token, self.fc = nn.Parameter(torch.zeros(1, 1, 8)), nn.Linear(8, 6, bias=False)

    def forward(self, data: Tensor) -> Tensor:
        """Apply it to all."""
        return torch.as_tensor(self.fc(torch.cat((self.token.expand(len(data), -1, -1), data), 1)))


class Tied(nn.Module):
    """Two layers of one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = (nn.Linear(8, 8, bias=False) for _ in range(2))
        self.second.weight = self.first.weight

    def forward(self, data: Tensor) -> Tensor:
        """Apply both."""
        return torch.as_tensor(self.second(self.first(data)))


HAND: dict[str, tuple[Callable[[], nn.Module], Shape, int]] = {
    # Positions × weights; a filter of a group sees the channels of its group alone.
    "convolution": (lambda: nn.Conv2d(3, 4, 3, bias=False), (1, 3, 8, 8), (6 * 6) * (4 * 3 * 9)),
    "grouped": (lambda: nn.Conv2d(8, 12, 3, groups=4, bias=False), (1, 8, 6, 6), (4 * 4) * (12 * 2 * 9)),
    "dilated": (lambda: nn.Conv2d(3, 4, 3, dilation=2, bias=False), (1, 3, 9, 9), (5 * 5) * (4 * 3 * 9)),
    "1-d": (lambda: nn.Conv1d(3, 4, 5, bias=False), (2, 3, 20), 2 * 16 * (4 * 3 * 5)),
    "3-d": (lambda: nn.Conv3d(2, 3, 2, bias=False), (1, 2, 4, 5, 6), (3 * 4 * 5) * (3 * 2 * 8)),
    # Positions of the input × weights.
    "transposed": (
        lambda: nn.ConvTranspose2d(4, 6, 3, stride=2, bias=False),
        (1, 4, 5, 5),
        (5 * 5) * (4 * 6 * 9),
    ),
    "convolution as a function": (
        lambda: Calls(lambda x: functional.conv2d(x, torch.ones(4, 3, 3, 3, device=x.device))),
        (1, 3, 8, 8),
        (6 * 6) * (4 * 3 * 9),
    ),
    # Rows × inputs × outputs.
    "linear": (lambda: nn.Linear(8, 4, bias=False), (3, 8), 3 * 8 * 4),
    "linear, three sizes": (lambda: nn.Linear(8, 4, bias=False), (2, 5, 8), 2 * 5 * 8 * 4),
    # Numbers of the result × length of the sums.
    "bmm": (lambda: Calls(lambda x: torch.bmm(x, x.transpose(1, 2))), (2, 3, 4), 2 * 3 * 3 * 4),
    "einsum": (lambda: Calls(lambda x: torch.einsum("bik,bjk->bij", x, x)), (2, 3, 4), 2 * 3 * 3 * 4),
    "mv": (lambda: Calls(lambda x: torch.mv(x, x[0])), (3, 4), 3 * 4),
    # Examples × outputs × pairs of inputs.
    "bilinear": (
        lambda: Holds(nn.Bilinear(4, 5, 6, bias=False), lambda f, x: f(x[:, :4], x[:, 4:])),
        (3, 9),
        3 * 6 * 4 * 5,
    ),
    # Examples × heads × queries × keys × width, for the scores and for the sums.
    "attention as a function": (
        lambda: Calls(lambda x: functional.scaled_dot_product_attention(x, x, x)),
        (1, 4, 8, 16),
        2 * (4 * 8 * 8 * 16),
    ),
    # Four matrices for each token, and the two products.
    "MultiheadAttention": (
        lambda: Holds(nn.MultiheadAttention(64, 4, bias=False, batch_first=True), lambda f, x: f(x, x, x)[0]),
        (2, 10, 64),
        2 * 10 * (4 * 64 * 64) + 2 * 2 * 10 * 10 * 64,
    ),
    # And two matrices of the multilayer perceptron.
    "encoder layer": (
        lambda: nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, bias=False),
        (2, 10, 64),
        2 * 10 * (4 * 64 * 64 + 2 * 64 * 128) + 2 * 2 * 10 * 10 * 64,
    ),
    # Steps × examples × gates × units × (inputs + units).
    "LSTM": (lambda: nn.LSTM(8, 16, bias=False), (5, 2, 8), 5 * 2 * 4 * 16 * (8 + 16)),
    "GRU": (lambda: nn.GRU(8, 16, bias=False), (5, 2, 8), 5 * 2 * 3 * 16 * (8 + 16)),
    "RNN, both ways": (
        lambda: nn.RNN(8, 16, bias=False, bidirectional=True),
        (5, 2, 8),
        2 * 5 * 2 * 16 * (8 + 16),
    ),
    # Nine tokens with the class token.
    "class token": (Token, (2, 8, 8), 2 * 9 * 8 * 6),
    "tied weight": (Tied, (3, 8), 2 * 3 * 8 * 8),
    "shared layer": (lambda: Holds(nn.Linear(8, 8, bias=False), lambda f, x: f(f(x))), (3, 8), 2 * 3 * 8 * 8),
    # The weight is worked out from its norm, which is no product of matrices.
    "weight norm": (
        lambda: nn.utils.parametrizations.weight_norm(nn.Linear(8, 4, bias=False)),
        (3, 8),
        3 * 8 * 4,
    ),
}


META = "torch on meta"


def ours(module: nn.Module, data: Tensor) -> float:
    """Trace with `nets`."""
    return float(nets.table(module, tuple(data.shape)).total.macs)


def fvcore(module: nn.Module, data: Tensor) -> float:
    """Run fvcore's FlopCountAnalysis, which counts MACs."""
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(module, data)
    return float(
        analysis.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False).total()
    )


def torch_meta(module: nn.Module, data: Tensor) -> float:
    """Run torch's FlopCounterMode on meta; a module is moved there once, which is not timed."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(data)
    return float(counter.get_total_flops()) / 2


def torchinfo(module: nn.Module, data: Tensor) -> float:
    """Run torchinfo."""
    from torchinfo import summary

    return float(summary(module, input_data=data, verbose=0).total_mult_adds)


def thop(module: nn.Module, data: Tensor) -> float:
    """Run thop."""
    from thop import profile

    return float(profile(module, inputs=(data,), verbose=False)[0])


def ptflops(module: nn.Module, data: Tensor) -> float:
    """Run ptflops."""
    from ptflops import get_model_complexity_info

    macs, _ = get_model_complexity_info(
        module, tuple(data.shape[1:]), as_strings=False, print_per_layer_stat=False, verbose=False
    )
    return float(macs) * data.shape[0]


def calflops(module: nn.Module, data: Tensor) -> float:
    """Run calflops."""
    from calflops import calculate_flops

    _, macs, _ = calculate_flops(
        module, args=[data], output_as_string=False, print_results=False, print_detailed=False
    )
    return float(macs)


def torchprofile(module: nn.Module, data: Tensor) -> float:
    """Run torchprofile."""
    from torchprofile import profile_macs

    return float(profile_macs(module, data))


TOOLS: dict[str, Callable[[nn.Module, Tensor], float]] = {
    "nets": ours,
    "fvcore": fvcore,
    META: torch_meta,
    "torchinfo": torchinfo,
    "thop": thop,
    "ptflops": ptflops,
    "calflops": calflops,
    "torchprofile": torchprofile,
}


def encoder() -> nn.Module:
    """Return a transformer's encoder of six layers."""
    layer = nn.TransformerEncoderLayer(256, 8, 1024, batch_first=True)
    return nn.TransformerEncoder(layer, 6, enable_nested_tensor=False)


def of_torchvision(name: str, **options: bool) -> Callable[[], nn.Module]:
    """Return a builder of torchvision's, without weights."""

    def make() -> nn.Module:
        from nets_reach import with_torchvision

        module: nn.Module = with_torchvision().models.get_model(name, weights=None, **options)
        return module

    return make


IMAGE = (1, 3, 224, 224)
NETS: dict[str, Subject] = {
    "VGG19": (of_torchvision("vgg19"), IMAGE),
    "GoogLeNet": (of_torchvision("googlenet", aux_logits=False, init_weights=False), IMAGE),
    "ResNet-50": (of_torchvision("resnet50"), IMAGE),
    "ViT-B/16": (of_torchvision("vit_b_16"), IMAGE),
    "encoder": (encoder, (1, 128, 256)),
    "LSTM": (lambda: nn.LSTM(256, 512, 2), (128, 1, 256)),
}


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Let tools keep their remarks to themselves."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def count(tool: str, module: nn.Module, data: Tensor) -> float | str:
    """Return the MACs that a tool counts, or why it counts none."""
    try:
        with silence():
            return TOOLS[tool](module, data)
    except ImportError:
        return "not installed"
    except Exception as error:  # noqa: BLE001  # whatever a tool raises is its result
        return type(error).__name__


def ready(tool: str, subject: Subject) -> tuple[nn.Module, Tensor]:
    """Return a module of the tool's own, and its input."""
    make, shape = subject
    device = "meta" if tool == META else "cpu"
    return make().eval().to(device), torch.zeros(shape, device=device)


def seconds(tools: Sequence[str], subject: Subject, rounds: int) -> dict[str, float | str]:
    """Return each tool's median seconds, taken in turns after a first round, or why it has none."""
    given = {tool: ready(tool, subject) for tool in tools}
    taken: dict[str, list[float]] = {}
    failed: dict[str, str] = {}
    for turn in range(rounds + 1):
        for tool, (module, data) in given.items():
            if tool in failed:
                continue
            start = time.perf_counter()
            result = count(tool, module, data)
            if isinstance(result, str):
                failed[tool] = result
            elif turn:
                taken.setdefault(tool, []).append(time.perf_counter() - start)
    return {tool: failed.get(tool) or statistics.median(taken[tool]) for tool in tools}


def speed(tools: Sequence[str], names: Sequence[str], rounds: int) -> Iterator[str]:
    """Write the seconds as a table: ours, and how many times as long the others take."""
    yield from header("seconds of `nets`, others × ours", tools)
    for name in names:
        try:
            found = seconds(tools, NETS[name], rounds)
        except ImportError as error:
            yield f"| {name} | {error} |" + " |" * (len(tools) - 1)
            continue
        base = found["nets"]
        cells = [
            took if isinstance(took, str) or isinstance(base, str) else f"{took / base:.2f}"
            for took in found.values()
        ]
        own = base if isinstance(base, str) else f"{base:.3f} s"
        yield row(name, [own, *map(str, cells[1:])])


def hand_counts(tools: Sequence[str]) -> Iterator[str]:
    """Write what each tool counts of what was counted by hand, as a table."""
    yield from header("MACs", [*tools, "by hand"])
    right = dict.fromkeys(tools, 0)
    for name, (make, shape, expected) in HAND.items():
        cells = []
        for tool in tools:
            result = count(tool, *ready(tool, (make, shape)))
            right[tool] += result == expected
            shown = result if isinstance(result, str) else f"{result:,.0f}"
            cells.append(f"**{shown}**" if result == expected else shown)
        yield row(name, [*cells, f"{expected:,}"])
    yield row(f"right of {len(HAND)}", [*map(str, right.values()), str(len(HAND))])


def header(what: str, columns: Sequence[str]) -> Iterator[str]:
    """Write the head of a table."""
    yield row(what, columns)
    yield "|---|" + "--:|" * len(columns)


def row(name: str, cells: Sequence[str]) -> str:
    """Write a line of a table."""
    return "| " + " | ".join([name, *cells]) + " |"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tools", default=",".join(TOOLS), help="nets is always among them")
    parser.add_argument("--nets", default=",".join(NETS), help="which to time")
    parser.add_argument("--out", type=Path, help="where the tables go, too, in Markdown")
    asked = parser.parse_args()
    tools = [tool for tool in TOOLS if tool == "nets" or tool in asked.tools.split(",")]
    names = [name for name in NETS if name in asked.nets.split(",")]
    lines = [
        "# Counting beside other tools",
        "",
        f"torch {torch.__version__}, median of {asked.rounds} rounds in turns.",
        "",
        *speed(tools, names, asked.rounds),
        "",
        *hand_counts(tools),
    ]
    text = "\n".join(lines) + "\n"
    if asked.out is not None:
        asked.out.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
