"""Parts of an image: holes at random, their margins, and errors inside a part alone; 2D and 3D."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_LARGEST = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}


def error_inside(made: Tensor, real: Tensor, where: Tensor) -> Tensor:
    """Return the mean absolute difference over the pixels of a part, 0 where there is none.

    ``made`` and ``real`` are (B, C, *spatial); ``where`` (B, 1, *spatial) is 1 inside, else 0. The
    mean is over all pixels of the batch, so that a large part counts for more than a small one.
    """
    inside = where.sum() * made.shape[1]
    return ((made - real).abs() * where).sum() / inside.clamp_min(1.0)


def widened(where: Tensor, pixels: int) -> Tensor:
    """Return a part (B, 1, *spatial) of 0 and 1 grown by so many pixels along every axis."""
    if not pixels:
        return where
    grown: Tensor = _LARGEST[where.ndim - 2](where, 2 * pixels + 1, 1, pixels)
    return grown


def random_boxes(like: Tensor, sides: tuple[float, float], generator: torch.Generator) -> Tensor:
    """Return one box an image, (B, 1, *spatial) of 0 and 1, wholly inside the image.

    ``like`` (B, C, *spatial) gives size and device; every side of a box is a share of the image's,
    drawn evenly from ``sides``, at least one pixel.
    """
    batch, spatial = len(like), like.shape[2:]
    boxes = torch.ones((batch, 1, *spatial), device=like.device)
    for axis, size in enumerate(spatial):
        draws = torch.rand((2, batch), generator=generator, device=like.device)
        length = ((sides[0] + (sides[1] - sides[0]) * draws[0]) * size).round().clamp(1, size)
        start = (draws[1] * (size - length + 1)).floor().clamp_max(size - 1)
        places = torch.arange(size, device=like.device)
        inside = (places >= start[:, None]) & (places < (start + length)[:, None])
        shape = [1] * len(spatial)
        shape[axis] = size
        boxes = boxes * inside.view(batch, 1, *shape)
    return boxes
