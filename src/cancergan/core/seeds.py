"""Every random draw of the library comes from a generator that one recorded seed determines.

Draws are *counted*, not continued: the generator of round 7 is derived from the seed and the number
7, so a run that resumes at round 7 draws what the uninterrupted run would have drawn.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive_seed(seed: int, *purpose: object) -> int:
    """Return a seed in [0, 2**63) for one purpose, independent of those for any other purpose.

    >>> derive_seed(0, "split") == derive_seed(0, "split") != derive_seed(0, "order")
    True
    """
    text = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def numpy_generator(seed: int, *purpose: object) -> np.random.Generator:
    """Return a NumPy generator for one purpose."""
    return np.random.default_rng(derive_seed(seed, *purpose))


def torch_generator(
    seed: int, *purpose: object, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Return a torch generator for one purpose on a device."""
    import torch

    return torch.Generator(device=device).manual_seed(derive_seed(seed, *purpose))
