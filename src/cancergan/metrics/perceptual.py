"""The distance between images as a network sees them (LPIPS), on whichever network is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError, unknown
from cancergan.metrics.arrays import Float64, finite

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

BATCH = 32
Layers = Callable[["Tensor"], Sequence["Tensor"]]


def perceptual_distance(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    layers: Layers,
    *,
    weights: Sequence[npt.ArrayLike] | None = None,
    mask: npt.ArrayLike | None = None,
) -> Float64:
    """Learned perceptual distance of each pair of images, as an array (n,).

    Sum over layers of the spatial mean of sum_c w_c (x_c - y_c)^2, features scaled to unit length
    over channels (Zhang et al. 2018, eq. 1). In [0, inf), 0 for equal images. Distances of two
    networks do not compare.

    Args:
        x, y: batches (n, C, *spatial), 2D or 3D, as the network wants them.
        layers: from a float32 batch (b, C, *spatial) to feature maps (b, c, *smaller); see
            ``layers_of``. Weights are never fetched for you.
        weights: one number per channel (c,) or one for all, for each layer; 1 where absent, the
            unlearned variant.
        mask: (n, *spatial) region to average over, brought to each layer's size by averaging.

    Raises:
        BadInputError: shapes differ, or a mask is empty.
    """
    first, second = finite(x, "x"), finite(y, "y")
    if first.shape != second.shape or first.ndim not in (4, 5):
        raise BadInputError(
            f"shapes {first.shape} and {second.shape} must be equal and (n, C, *spatial)."
        )
    region = np.ones((len(first), *first.shape[2:])) if mask is None else finite(mask, "mask")
    if (
        region.shape != (len(first), *first.shape[2:])
        or not region.reshape(len(first), -1).any(1).all()
    ):
        raise BadInputError(f"mask of shape {region.shape}: must be (n, *spatial), none empty.")
    parts = (slice(start, start + BATCH) for start in range(0, len(first), BATCH))
    found = [_distances(layers, first[p], second[p], region[p], weights) for p in parts]
    return np.concatenate(found)


def layers_of(network: nn.Module, names: Sequence[str]) -> Layers:
    """Return a function from a batch to what the named submodules of a network put out.

    Raises:
        BadInputError: a name that the network does not have.
    """
    modules = dict(network.named_modules())
    for name in names:
        if name not in modules:
            raise unknown("layer", name, filter(None, modules))

    def layers(batch: Tensor) -> Sequence[Tensor]:
        seen: dict[str, Tensor] = {}
        hooks = [modules[name].register_forward_hook(_keeper(seen, name)) for name in names]
        try:
            network(batch)
        finally:
            for hook in hooks:
                hook.remove()
        return [seen[name] for name in names]

    return layers


def _keeper(seen: dict[str, Tensor], name: str) -> Callable[[nn.Module, object, Tensor], None]:
    def keep(module: nn.Module, inputs: object, output: Tensor) -> None:
        seen[name] = output

    return keep


def _distances(
    layers: Layers,
    x: Float64,
    y: Float64,
    region: Float64,
    weights: Sequence[npt.ArrayLike] | None,
) -> Float64:
    import torch

    def maps(images: Float64) -> list[Tensor]:
        with torch.no_grad():
            seen = layers(torch.from_numpy(images.astype(np.float32)))
        return [_unit_length(torch.as_tensor(each).double()) for each in seen]

    inside = torch.from_numpy(region[:, None])
    total = torch.zeros(len(x), dtype=torch.float64)
    for number, (first, second) in enumerate(zip(maps(x), maps(y), strict=True)):
        weight = torch.as_tensor(np.asarray(1.0 if weights is None else weights[number]))
        gap = (
            ((first - second) ** 2).movedim(1, -1).mul(weight).sum(-1, keepdim=True).movedim(-1, 1)
        )
        share = _resized(inside, gap.shape[2:])
        total += (gap * share).flatten(1).sum(1) / share.flatten(1).sum(1)
    return np.asarray(total.numpy())


def _unit_length(features: Tensor) -> Tensor:
    # Where a layer is silent, 0 / 1e-10 stays 0.
    length = features.square().sum(1, keepdim=True).sqrt()
    return features / length.clamp_min(1e-10)


def _resized(region: Tensor, spatial: torch.Size) -> Tensor:
    from torch.nn.functional import interpolate

    return interpolate(region, size=spatial, mode="area")
