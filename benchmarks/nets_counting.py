"""Counting operations: seconds and hand counts beside other tools; builders of torchvision and timm swept.

    python benchmarks/nets_counting.py [--repeat N] [--sweep] [--only TOOL,…]

Each tool counts the same module on the same input in the same process; a tool that is not installed, refuses
or fails is said to. Hand counts are MACs, written out below; a tool that prints FLOPs is halved.
"""

import argparse
import contextlib
import io
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

import nets
from nets import zoo
from nets.build import build


class Attention(nn.Module):
    """Attention as a plain function."""

    def forward(self, query: Tensor) -> Tensor:
        """Attend to itself."""
        return functional.scaled_dot_product_attention(query, query, query)


class Product(nn.Module):
    """A product of a tensor with itself."""

    def forward(self, data: Tensor) -> Tensor:
        """Multiply."""
        return data @ data.transpose(-1, -2)


class Einsum(nn.Module):
    """The same, written otherwise."""

    def forward(self, data: Tensor) -> Tensor:
        """Multiply."""
        return torch.einsum("bik,bjk->bij", data, data)


class Shared(nn.Module):
    """One layer called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, data: Tensor) -> Tensor:
        """Apply it twice."""
        return torch.as_tensor(self.fc(self.fc(data)))


class Plain(nn.Module):
    """A convolution as a plain function."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 3, 3, 3))

    def forward(self, data: Tensor) -> Tensor:
        """Convolve."""
        return functional.conv2d(data, self.weight)


HAND: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], int]] = {
    "conv2d": (lambda: nn.Conv2d(3, 4, 3), (1, 3, 8, 8), 4 * 36 * 27),
    "grouped": (lambda: nn.Conv2d(8, 12, 3, groups=4), (1, 8, 6, 6), 12 * 16 * 18),
    "dilated": (lambda: nn.Conv2d(3, 4, 3, dilation=2), (1, 3, 9, 9), 4 * 25 * 27),
    "conv1d": (lambda: nn.Conv1d(3, 4, 5), (2, 3, 20), 2 * 4 * 16 * 15),
    "conv3d": (lambda: nn.Conv3d(2, 3, 2), (1, 2, 4, 5, 6), 3 * 60 * 16),
    "transposed": (lambda: nn.ConvTranspose2d(4, 6, 3), (1, 4, 5, 5), 25 * 24 * 9),
    "linear": (lambda: nn.Linear(8, 4), (3, 8), 96),
    "linear, three sizes": (lambda: nn.Linear(8, 4), (2, 5, 8), 320),
    "product": (Product, (2, 3, 4), 72),
    "einsum": (Einsum, (2, 3, 4), 72),
    "plain convolution": (Plain, (1, 3, 8, 8), 4 * 36 * 27),
    "shared layer": (Shared, (3, 8), 384),
    "attention": (Attention, (1, 4, 8, 16), 2 * 4 * 64 * 16),
    "encoder layer": (
        lambda: nn.TransformerEncoderLayer(64, 4, 128, batch_first=True),
        (2, 10, 64),
        20 * (4 * 64 * 64 + 2 * 64 * 128) + 2 * 2 * 100 * 64,
    ),
    "LSTM": (lambda: nn.LSTM(8, 16), (5, 2, 8), 10 * 64 * 24),
    "GRU": (lambda: nn.GRU(8, 16), (5, 2, 8), 10 * 48 * 24),
    "batch norm": (lambda: nn.BatchNorm2d(4), (1, 4, 3, 3), 0),
}


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
    "torch on meta": torch_meta,
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


def vit() -> nn.Module:
    """Return torchvision's ViT-B/16."""
    return with_torchvision().models.vit_b_16()  # type: ignore[no-any-return]  # torchvision publishes no annotations


NETS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "VGG19": (lambda: build(zoo.named("vgg19")), (1, 3, 224, 224)),
    "GoogLeNet": (lambda: build(zoo.named("googlenet")), (1, 3, 224, 224)),
    "ResNet-50": (lambda: build(zoo.named("resnet50-v1.5")), (1, 3, 224, 224)),
    "ViT-B/16": (vit, (1, 3, 224, 224)),
    "encoder": (encoder, (1, 128, 256)),
    "LSTM": (lambda: nn.LSTM(256, 512, 2), (128, 1, 256)),
}


def with_torchvision() -> Any:  # noqa: ANN401  # a module without annotations
    """Import torchvision, whose operators need a schema where they were built for another torch."""
    library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]  # torch's
    for schema in (
        "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    ):
        with contextlib.suppress(RuntimeError):
            library.define(schema)
    KEPT.append(library)
    import torchvision

    return torchvision


KEPT: list[Any] = []


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Let tools keep their remarks to themselves."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def count(tool: str, module: nn.Module, shape: tuple[int, ...], repeat: int) -> tuple[float | str, float]:
    """Return what a tool counts, or why it does not, and its best seconds."""
    device = "meta" if tool == "torch on meta" else "cpu"
    module = module.eval().to(device)
    data = torch.zeros(shape, device=device)
    best = float("inf")
    result: float | str = "–"
    for _ in range(repeat):
        start = time.perf_counter()
        try:
            with silence():
                result = TOOLS[tool](module, data)
        except ImportError:
            return "not installed", best
        except Exception as error:  # noqa: BLE001  # whatever a tool raises is its result
            return f"{type(error).__name__}", best
        best = min(best, time.perf_counter() - start)
    return result, best


def compare(tools: list[str], names: list[str], repeat: int) -> None:
    """Print seconds per net and tool, and the hand counts that each gets right."""
    print(f"{'seconds':20}", *(f"{tool:>14}" for tool in tools))
    for name in (name for name in names if name in NETS):
        make, shape = NETS[name]
        cells = []
        for tool in tools:
            try:
                module = make()
            except Exception as error:  # noqa: BLE001  # such as a torchvision that does not import
                cells.append(f"{type(error).__name__:>14}")
                continue
            result, seconds = count(tool, module, shape, repeat)
            cells.append(f"{seconds:14.3f}" if isinstance(result, float) else f"{result[:14]:>14}")
        print(f"{name:20}", *cells)
    print()
    print(f"{'hand counts (MACs)':20}", *(f"{tool:>14}" for tool in tools))
    right = dict.fromkeys(tools, 0)
    for name, (make, shape, expected) in HAND.items():
        cells = []
        for tool in tools:
            result, _ = count(tool, make(), shape, 1)
            right[tool] += result == expected
            cells.append(f"{result:14,.0f}" if isinstance(result, float) else f"{result[:14]:>14}")
        print(f"{name:20}", *cells, f"  by hand {expected:,}")
    print(f"{'right of ' + str(len(HAND)):20}", *(f"{right[tool]:14}" for tool in tools))


def builders() -> dict[str, Callable[[], nn.Module]]:
    """Return all builders of torchvision and timm that are installed here."""
    found: dict[str, Callable[[], nn.Module]] = {}
    try:
        models = with_torchvision().models
        for name in models.list_models():
            if "quantized" not in name:
                found[f"torchvision {name}"] = partial(models.get_model, name, weights=None)
    except Exception as error:  # noqa: BLE001  # it may not fit this torch
        print(f"torchvision: {type(error).__name__}: {error}")
    try:
        import timm

        for name in timm.list_models():
            found[f"timm {name}"] = partial(timm.create_model, name, pretrained=False)
    except ImportError:
        print("timm: not installed")
    return found


def tried(name: str, make: Callable[[], nn.Module]) -> str:
    """Count one builder's model; return what is wrong, or nothing."""
    try:
        with silence():
            try:
                with torch.device("meta"):
                    module = make()
            except Exception:  # noqa: BLE001  # some can only be built with numbers
                module = make()
            table = nets.table(module, _input(name, module))
    except nets.NetsError as error:
        return f"refused: {error}"
    except Exception as error:  # noqa: BLE001  # a traceback of ours or of the builder's
        return f"TRACEBACK {type(error).__name__}: {error}"
    if table.findings is not None and not table.findings.complete:
        return f"lower bound: {table.findings.lower_bound}"
    if table.total.parameters != sum(p.numel() for p in module.parameters()):
        return "parameters differ from torch's sum"
    return ""


def sweep() -> None:
    """Try every builder of torchvision and timm, and say how many count completely."""
    wrong: dict[str, str] = {}
    everything = builders()
    for name, make in everything.items():
        print(name, end=" ", file=sys.stderr, flush=True)
        if why := tried(name, make):
            wrong[name] = why
    print(f"\n{len(everything)} builders: {len(everything) - len(wrong)} count completely")
    for name, why in wrong.items():
        print(f"  {name}: {why}")


def _input(name: str, module: nn.Module) -> Any:  # noqa: ANN401  # whatever the model takes
    if any(word in name for word in ("rcnn", "ssd", "retinanet", "fcos")):
        return [[torch.zeros(3, 320, 320)]]
    if name.startswith("torchvision") and any(word in name for word in ("r3d", "mc3", "r2plus1d", "s3d")):
        return (1, 3, 16, 112, 112)
    if "mvit" in name or "swin3d" in name:
        return (1, 3, 16, 224, 224)
    if "raft" in name:
        return [(1, 3, 128, 128)] * 2
    size = getattr(module, "default_cfg", {}).get("input_size") if name.startswith("timm") else None
    if size is not None:
        return (1, *size)
    return (1, 3, 299, 299) if "inception_v3" in name else (1, 3, 224, 224)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default=",".join(TOOLS))
    parser.add_argument(
        "--nets", default=",".join(NETS), help="which nets to time; none for the hand counts alone"
    )
    parser.add_argument("--sweep", action="store_true")
    options = parser.parse_args()
    compare(
        [tool for tool in options.only.split(",") if tool in TOOLS], options.nets.split(","), options.repeat
    )
    if options.sweep:
        sweep()


if __name__ == "__main__":
    main()
