"""Fingerprints of what a run is made of."""

import hashlib
from collections.abc import Iterable

import torch
from torch import Tensor

DIGITS = 12


def digest(parts: Iterable[str | Tensor]) -> str:
    """Return the first digits of the SHA-256 of texts and tensors, their shapes and types included.

    >>> digest(["a", "b"]) == digest(["ab"])
    False
    """
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            content = part.encode(errors="surrogatepass")
            found.update(f"text {len(content)}\n".encode())
            found.update(content)
        else:
            held = part.detach().cpu().contiguous()
            found.update(f"{held.dtype} {tuple(held.shape)}\n".encode())
            found.update(held.flatten().view(torch.uint8).numpy().tobytes() if held.numel() else b"")
    return found.hexdigest()[:DIGITS]
