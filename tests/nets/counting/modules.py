"""Small modules with everything that goes wrong elsewhere, for the tests of counting."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import rnn


class Function(nn.Module):
    """A module that calls one function."""

    def __init__(self, function: Any) -> None:  # noqa: ANN401  # any function of tensors
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:  # noqa: ANN401  # what it returns
        return self.function(*inputs)


class Token(nn.Module):
    """A class token beside a linear layer: 16 + 68 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 16))
        self.fc = nn.Linear(16, 4)

    def forward(self, data: Tensor) -> Tensor:
        tokens = torch.cat([self.token.expand(data.shape[0], -1, -1), data], 1)
        return torch.as_tensor(self.fc(tokens))


class Tied(nn.Module):
    """Two layers with one weight and biases of their own: 80 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)
        self.b.weight = self.a.weight

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.b(self.a(data)))


class Upsampled(nn.Module):
    """A convolution, interpolation as a plain function, a convolution: 10,944 MACs at 3×4×4."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, data: Tensor) -> Tensor:
        return torch.as_tensor(self.b(functional.interpolate(self.a(data), scale_factor=2)))


class Packed(nn.Module):
    """An LSTM on packed sequences."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 16, batch_first=True)

    def forward(self, data: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        packed = rnn.pack_padded_sequence(data, lengths, batch_first=True, enforce_sorted=False)
        output, _ = self.lstm(packed)
        padded, kept = rnn.pad_packed_sequence(output, batch_first=True)
        return padded, kept


class Block(nn.Module):
    """A transformer's block with attention as a plain function."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, data: Tensor) -> Tensor:
        query, key, value = self.qkv(self.norm(data)).chunk(3, -1)
        mixed = functional.scaled_dot_product_attention(query[:, None], key[:, None], value[:, None])[:, 0]
        data = data + self.out(mixed)
        return torch.as_tensor(data + self.mlp(data))


class Decoder(nn.Module):
    """A small language model: tokens in, logits out, the embedding tied to the head."""

    def __init__(self, width: int = 16, blocks: int = 4, words: int = 100, longest: int = 32) -> None:
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.places = nn.Parameter(torch.zeros(1, longest, width))
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.head = nn.Linear(width, words, bias=False)
        self.head.weight = self.words.weight

    def forward(self, tokens: Tensor) -> Tensor:
        data = self.words(tokens) + self.places[:, : tokens.shape[1]]
        for block in self.blocks:
            data = block(data)
        return torch.as_tensor(self.head(data))


class Loop(nn.Module):
    """A cell called once per step: the number of steps is a number of Python's."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(8, 16)

    def forward(self, data: Tensor) -> Tensor:
        state = data.new_zeros(data.shape[1], 16)
        for step in range(data.shape[0]):
            state = self.cell(data[step], state)
        return state
