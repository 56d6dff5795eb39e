"""Eight billion parameters to count: python -m nets table examples/llama.py:Llama --input 1x4096:int64.

The sizes are those of Llama 3 8B (Meta, 2024): rotary positions, RMS normalisation, a gated multilayer
perceptron, and one head of keys and values for each four of queries. On meta it takes no memory.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Attention(nn.Module):
    """Causal attention in which several heads of queries share one of keys and values."""

    def __init__(self, width: int, heads: int, shared: int) -> None:
        super().__init__()
        self.size = width // heads
        self.q = nn.Linear(width, width, bias=False)
        self.k = nn.Linear(width, shared * self.size, bias=False)
        self.v = nn.Linear(width, shared * self.size, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, data: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Return (N, L, width) for the same."""
        q, k, v = (
            layer(data).unflatten(-1, (-1, self.size)).transpose(1, 2) for layer in (self.q, self.k, self.v)
        )
        mixed = functional.scaled_dot_product_attention(
            turned(q, cos, sin), turned(k, cos, sin), v, is_causal=True, enable_gqa=True
        )
        return torch.as_tensor(self.out(mixed.transpose(1, 2).flatten(2)))


class GatedMLP(nn.Module):
    """A multilayer perceptron whose hidden numbers are weighted by others."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate, self.up = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, data: Tensor) -> Tensor:
        """Return (N, L, width) for the same."""
        return torch.as_tensor(self.down(functional.silu(self.gate(data)) * self.up(data)))


class Block(nn.Module):
    """Attention and a multilayer perceptron, each beside a shortcut."""

    def __init__(self, width: int, heads: int, shared: int, hidden: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.RMSNorm(width), nn.RMSNorm(width)
        self.attention = Attention(width, heads, shared)
        self.mlp = GatedMLP(width, hidden)

    def forward(self, data: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Return what goes into the next block."""
        data = data + self.attention(self.norm1(data), cos, sin)
        return torch.as_tensor(data + self.mlp(self.norm2(data)))


class Llama(nn.Module):
    """Tokens in, logits of the next one out."""

    def __init__(
        self,
        width: int = 4096,
        blocks: int = 32,
        heads: int = 32,
        shared: int = 8,
        hidden: int = 14_336,
        words: int = 128_256,
    ) -> None:
        super().__init__()
        self.size = width // heads
        self.words = nn.Embedding(words, width)
        self.blocks = nn.ModuleList(Block(width, heads, shared, hidden) for _ in range(blocks))
        self.norm = nn.RMSNorm(width)
        self.head = nn.Linear(width, words, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (N, L, words) for (N, L)."""
        data = self.words(tokens)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        angles = places[:, None] * 500_000.0 ** (
            -torch.arange(0, self.size, 2, device=tokens.device) / self.size
        )
        cos, sin = angles.cos(), angles.sin()
        for block in self.blocks:
            data = block(data, cos, sin)
        return torch.as_tensor(self.head(self.norm(data)))


def turned(data: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn pairs of numbers by their places' angles: (N, heads, L, size) with (L, size / 2)."""
    first, second = data.chunk(2, -1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), -1)
