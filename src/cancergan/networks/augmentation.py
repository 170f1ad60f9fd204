"""Differentiable augmentation of real and synthetic images alike, so that few images suffice.

Sources: Zhao et al. 2020 (DiffAugment); Karras et al. 2020 (adaptive probability, "ADA"). Both
sides of the game see augmented images only, and the generator still learns the unaugmented
distribution as long as each operation can be undone in distribution; flips cannot, and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from cancergan.core.registry import Registry

Operation = Callable[[Tensor, torch.Generator], Tensor]
augmentations: Registry[Operation] = Registry("augmentation")


def _per_sample(image: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    """Draw one number in [low, high] for each sample, shaped to broadcast over its pixels."""
    draws = torch.rand(image.shape[0], generator=generator, device=image.device)
    return (low + (high - low) * draws).to(image.dtype).view(-1, *[1] * (image.ndim - 1))


@augmentations.register("brightness")
def brightness(image: Tensor, generator: torch.Generator) -> Tensor:
    """Add up to a quarter of the range [-1, 1], one amount a sample."""
    return image + _per_sample(image, -0.5, 0.5, generator)


@augmentations.register("contrast")
def contrast(image: Tensor, generator: torch.Generator) -> Tensor:
    """Scale the deviation from the image's mean by 0.5 to 1.5."""
    mean = image.flatten(1).mean(dim=1).view(-1, *[1] * (image.ndim - 1))
    return (image - mean) * _per_sample(image, 0.5, 1.5, generator) + mean


@augmentations.register("saturation")
def saturation(image: Tensor, generator: torch.Generator) -> Tensor:
    """Scale the deviation of each pixel's channels from their mean by 0 to 2 (colour only)."""
    grey = image.mean(dim=1, keepdim=True)
    return (image - grey) * _per_sample(image, 0.0, 2.0, generator) + grey


@augmentations.register("translation")
def translation(image: Tensor, generator: torch.Generator) -> Tensor:
    """Move each sample by up to an eighth of every side, in whole pixels, zeros coming in."""
    # grid_sample counts its axes from the last one
    sides = torch.tensor(image.shape[:1:-1], device=image.device)
    draws = torch.rand(image.shape[0], len(sides), generator=generator, device=image.device)
    shifts = ((2 * draws - 1) * sides / 8).round()
    identity = torch.eye(len(sides), device=image.device).expand(len(shifts), -1, -1)
    moves = torch.cat([identity, (2 * shifts / sides)[..., None]], dim=2)
    grid = affine_grid(moves, list(image.shape), align_corners=False)
    return grid_sample(image, grid, mode="nearest", padding_mode="zeros", align_corners=False)


def _flip(image: Tensor, axis: int, generator: torch.Generator) -> Tensor:
    return torch.where(_per_sample(image, 0, 1, generator) < 0.5, image, image.flip(axis))


@augmentations.register("flip")
def flip(image: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror half of the samples along the last axis (left to right in a picture).

    A mirrored image cannot be told from an image of the other side, so the generator is free to
    produce either: only for anatomy whose side carries no meaning. The same holds for flip_all.
    """
    return _flip(image, -1, generator)


@augmentations.register("flip_all")
def flip_all(image: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror along every spatial axis, each for half of the samples: for tissue without an up."""
    for axis in range(2, image.ndim):
        image = _flip(image, axis, generator)
    return image


@augmentations.register("cutout")
def cutout(image: Tensor, generator: torch.Generator) -> Tensor:
    """Set a block of half of every side to zero, at a place of its own in each sample."""
    shape = (image.shape[0], 1, *image.shape[2:])
    inside = torch.ones(shape, device=image.device, dtype=torch.bool)
    for axis, side in enumerate(image.shape[2:], start=2):
        centre = _per_sample(image, 0, side, generator)
        along = [side if other == axis else 1 for other in range(image.ndim)]
        place = torch.arange(side, device=image.device).view(along)
        inside = inside & ((place - centre).abs() <= side / 4)
    return image * ~inside


def augment(
    image: Tensor, operations: Sequence[str], *, probability: float, generator: torch.Generator
) -> Tensor:
    """Apply each named operation to each sample with ``probability``, in the given order.

    ``image`` is (B, C, *spatial) in [-1, 1]; the result may leave that range a little.
    """
    if probability <= 0:
        return image
    for name in operations:
        changed = augmentations[name](image, generator)
        if probability >= 1:
            image = changed
        else:
            chosen = _per_sample(image, 0, 1, generator) < probability
            image = torch.where(chosen, changed, image)
    return image
