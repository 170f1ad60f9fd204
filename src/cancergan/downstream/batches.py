"""Many images through a network, a chunk at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from cancergan.core.errors import BadInputError

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CHUNK_VALUES = 4_000_000


def checked_images(images: npt.ArrayLike, *, channels: int | None = None) -> Float32:
    """Return images (n, C, *spatial), or the rows (n, C) of a table, as float32.

    Raises:
        BadInputError: none at all, neither 2D nor 3D nor a table, NaN, or not the channels asked
            for.
    """
    batch = np.asarray(images, dtype=np.float32)
    if batch.ndim not in (2, 4, 5) or not batch.size:
        raise BadInputError(f"images of shape {batch.shape}: must be (n, channels, *spatial).")
    if channels is not None and batch.shape[1] != channels:
        raise BadInputError(f"images have {batch.shape[1]} channels, but {channels} are expected.")
    finite = np.isfinite(batch).all(axis=tuple(range(1, batch.ndim)))
    if not finite.all():
        raise BadInputError(f"image {int(finite.argmin())}: NaN or infinity. Leave it out.")
    return batch


def in_chunks(
    function: Callable[[torch.Tensor], torch.Tensor], images: Float32, *, device: str = "cpu"
) -> Float64:
    """Apply a function without gradients to images (n, C, *spatial), in bounded memory."""
    step = max(1, CHUNK_VALUES // images[0].size)
    with torch.no_grad():
        chunks = [
            function(torch.from_numpy(images[start : start + step]).to(device)).cpu().double()
            for start in range(0, len(images), step)
        ]
    return np.asarray(torch.cat(chunks).numpy())
