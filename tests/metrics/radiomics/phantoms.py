"""The digital phantom of the IBSI, and noise to measure."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

ORACLES = Path(__file__).with_name("oracles")
SPACING = (2.0, 2.0, 2.0)
ROWS = """
14411 14611 41641 44641
14411 11611 11311 44611
14411 11111 11911 11611
14411 11111 11111 11611
"""


def ibsi_phantom() -> tuple[np.ndarray, np.ndarray]:
    """Return image and mask (x, y, z) = (5, 4, 4), 74 voxels in the mask."""
    digits = [int(digit) for digit in ROWS if digit.isdigit()]
    image = np.array(digits).reshape(4, 4, 5).transpose(2, 1, 0).astype(np.float64)
    mask = np.ones(image.shape, dtype=bool)
    for outside in ((0, 2, 1), (3, 0, 2), (4, 0, 2), (2, 2, 2), (3, 0, 3), (4, 0, 3)):
        mask[outside] = False
    return image, mask


def oracle(name: str, delimiter: str = ",") -> list[dict[str, str]]:
    with (ORACLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def tissue(*shape: int, seed: int = 0, smooth: float = 1.0) -> np.ndarray:
    """Return smooth noise about 128, as an 8-bit image would hold it."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape), smooth)
    return np.clip(np.rint(128 + 60 * noise / noise.std()), 0, 255)
