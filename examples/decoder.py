"""A small language model to count: python -m nets table examples/decoder.py:Decoder --input 2x128:int64."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """Attention and a multilayer perceptron, each beside a shortcut."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, data: Tensor) -> Tensor:
        """Return what goes into the next block."""
        parts = self.qkv(self.norm1(data)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_causal=True)
        data = data + self.out(mixed.transpose(1, 2).flatten(2))
        return torch.as_tensor(data + self.mlp(self.norm2(data)))


class Decoder(nn.Module):
    """Tokens in, logits of the next one out; the embedding is the last layer's weight, too."""

    def __init__(self, width: int = 256, blocks: int = 6, heads: int = 8, words: int = 10_000) -> None:
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.places = nn.Parameter(torch.zeros(1, 512, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, words, bias=False)
        self.head.weight = self.words.weight

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (N, L, words) for (N, L)."""
        data = self.words(tokens) + self.places[:, : tokens.shape[1]]
        for block in self.blocks:
            data = block(data)
        return torch.as_tensor(self.head(self.norm(data)))
