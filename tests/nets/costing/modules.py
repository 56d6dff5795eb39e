"""Nets of a few kinds, small enough to be run."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from nets import zoo
from nets.build import build
from tests.nets.counting.modules import Block


class Vision(nn.Module):
    """A small vision transformer: 8×8 patches, a class token, blocks."""

    def __init__(self, width: int = 64, blocks: int = 3) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, 8)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.blocks = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.head = nn.Linear(width, 10)

    def forward(self, images: Tensor) -> Tensor:
        words = self.patches(images).flatten(2).transpose(1, 2)
        words = torch.cat([self.token.expand(len(words), -1, -1), words], 1)
        return torch.as_tensor(self.head(self.blocks(words)[:, 0]))


class Recurrent(nn.Module):
    """Two layers of LSTM and a linear one."""

    def __init__(self, features: int = 32, hidden: int = 64) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(features, hidden, 2), nn.Linear(hidden, 10)

    def forward(self, steps: Tensor) -> Tensor:
        return torch.as_tensor(self.head(self.lstm(steps)[0]))


def encoder(dropout: float = 0.1) -> nn.Module:
    layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=dropout, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 256), nn.GELU(), nn.Dropout(0.1), nn.Linear(256, 10))


def resnet() -> nn.Module:
    return build(zoo.named("resnet18", width=0.25, classes=10, size=64))


def vgg() -> nn.Module:
    return build(zoo.named("vgg11", width=0.25, classes=10, size=64))


NETS: Mapping[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "mlp": (mlp, (128, 64)),
    "resnet": (resnet, (8, 3, 64, 64)),
    "vgg": (vgg, (8, 3, 64, 64)),
    "encoder": (encoder, (8, 50, 64)),
    "vision": (Vision, (8, 3, 64, 64)),
    "lstm": (Recurrent, (30, 16, 32)),
}
