"""The two ways of training that `training.py` times, each one update at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from analysis.learning.datasets import Labelled
from analysis.learning.plans import Plan
from analysis.learning.schedules import Constant
from analysis.learning.training import Arithmetic, Examples, sgd, updates
from nets import zoo
from nets.build import BuiltNetwork, build

UPDATES = 100_000
"""More than anybody waits for."""


@dataclass(frozen=True)
class Setting:
    """What is trained, on what, and how the device computes."""

    device: str
    width: float
    size: int
    batch: int
    precision: str = "float32"
    layout: str = "channels_last"


class PilImages(Dataset[tuple[Tensor, int]]):
    """What torchvision's FashionMNIST with ``ToTensor`` and ``Normalize`` does for each image."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, size: int) -> None:
        self.images, self.labels, self.size = torch.from_numpy(images), torch.from_numpy(labels), size

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        from PIL import Image

        image = Image.fromarray(self.images[index].numpy())
        if image.size != (self.size, self.size):
            image = image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        tensor = torch.from_numpy(np.array(image, copy=True)).unsqueeze(0).float().div(255)
        return tensor.sub(0.286).div(0.353), int(self.labels[index])


class HandIn(nn.Module):
    """The small Inception behind an extra convolution, with a GoogLeNet beside it that nothing uses."""

    def __init__(self, size: int, width: float) -> None:
        super().__init__()
        self.colours = nn.Conv2d(1, 3, kernel_size=3, padding=1)
        self.net = build(zoo.small_inception(channels=3, size=size, width=width))
        self.idle = build(zoo.googlenet(classes=10, aux=True))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        return self.net(self.colours(images))  # type: ignore[no-any-return]  # a module's call is not annotated


def hand_in(images: np.ndarray, labels: np.ndarray, setting: Setting) -> Iterator[None]:
    """Train by the hand-in's way, one update at each step of the iterator."""
    torch.manual_seed(0)
    device = setting.device
    module = HandIn(setting.size, setting.width).to(device)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)
    loader = DataLoader(PilImages(images, labels, setting.size), batch_size=setting.batch, shuffle=True)
    losses, right = 0.0, 0
    while True:
        for raw, wanted in loader:
            inputs, targets = raw.to(device), wanted.to(device)
            optimizer.zero_grad()
            with torch.autocast(device, torch.bfloat16, enabled=setting.precision == "bfloat16"):
                logits = module(inputs)
                loss = nn.functional.cross_entropy(logits, targets)
            loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
            optimizer.step()
            losses += loss.item()
            right += int((logits.argmax(1) == targets).sum())
            yield


def our_net(setting: Setting) -> BuiltNetwork:
    """Build the net that the project trains."""
    network = zoo.small_inception(channels=1, size=setting.size, width=setting.width, conv_bias=False)
    memory = torch.channels_last if setting.layout == "channels_last" else torch.contiguous_format
    return build(network).to(setting.device, memory_format=memory)  # type: ignore[no-any-return,call-overload]  # torch's stub leaves memory_format out


def ours(images: np.ndarray, labels: np.ndarray, setting: Setting) -> Iterator[None]:
    """Train by the project's loop, one update at each step of the iterator."""
    torch.manual_seed(0)
    module = our_net(setting)
    shrink = images.shape[1] // setting.size
    blocks = images.reshape(len(images), setting.size, shrink, setting.size, shrink)
    standardised = ((blocks.mean((2, 4), dtype=np.float32) / 255 - 0.286) / 0.353).astype(np.float32)
    examples = Examples.of(Labelled(standardised, labels), setting.device)
    plan = Plan((setting.batch,) * UPDATES, Constant(0.01))
    arithmetic = Arithmetic(bfloat16=setting.precision == "bfloat16")
    for _ in updates(module, sgd(module, 0.9), examples, plan, seed=0, arithmetic=arithmetic):
        yield
