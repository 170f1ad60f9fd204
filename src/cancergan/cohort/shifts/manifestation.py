"""Manifestation shifts: the disease itself looks different; healthy tissue and scanner do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.pixels import AnyArray, Header, Pixels
from cancergan.cohort.shifts.annotation import signed_depth
from cancergan.cohort.shifts.source import Subject, as_stored
from cancergan.core.errors import BadInputError
from cancergan.core.registry import Registry
from cancergan.core.seeds import numpy_generator

# (image, mask, strength, random) -> image, mask: physical units (C, *spatial), whole numbers.
Look = Callable[[Float64, AnyArray, float, np.random.Generator], tuple[Float64, AnyArray]]
manifestations: Registry[Look] = Registry("manifestation mechanism")
# How far from a lesion its surroundings begin and end, in pixels.
NEAR, FAR = 2.0, 8.0
# A lesion that grows pushes what lies within so many of its radii aside.
REACH = 2.5
LARGEST_NUMBER_OF_LESIONS = 2_000


@dataclass(frozen=True)
class LookChange:
    """One mechanism, applied to the cases of one class or to all."""

    mechanism: str
    strength: float
    seed: int
    label: str | None = None

    def header(self, header: Header) -> Header:
        """Return the header as it was."""
        return header

    def pixels(self, pixels: Pixels, subject: Subject) -> Pixels:
        """Return the case with another look; without a lesion, or of another class, it stays."""
        if self.label is not None and subject.label != self.label:
            return pixels
        mask = pixels.mask
        if self.mechanism == "class":
            mask = np.ones(pixels.image.shape[1:], np.uint8)
        if mask is None or not mask.any():
            return pixels
        random = numpy_generator(self.seed, "manifestation", subject.case_id)
        image = pixels.image.astype(np.float64)
        looks = manifestations[self.mechanism]
        image, mask = looks(image, mask, self.strength, random)
        changed = replace(pixels, image=as_stored(image, pixels.image.dtype))
        return changed if self.mechanism == "class" else replace(changed, mask=mask)


@manifestations.register("contrast")
def contrast(
    image: Float64, mask: AnyArray, strength: float, random: np.random.Generator
) -> tuple[Float64, AnyArray]:
    """Let lesions fade: at strength 1 only their finest texture is left of them.

    What is taken away is the smoothed image less the mean of the surroundings, so a soft edge fades
    where it lies, even where it reaches a few pixels beyond the mask.
    """
    from scipy.ndimage import gaussian_filter

    depth = signed_depth(mask)
    smooth = gaussian_filter(image, 1.0, axes=tuple(range(1, image.ndim)))
    excess = smooth - _surroundings(image, depth)
    return image - strength * excess * np.clip(1 + (depth + 1) / (NEAR + 1), 0, 1), mask


@manifestations.register("texture")
def texture(
    image: Float64, mask: AnyArray, strength: float, random: np.random.Generator
) -> tuple[Float64, AnyArray]:
    """Make lesions grainy: up to 1.5 standard deviations of the image, grains of about 2 pixels."""
    from scipy.ndimage import gaussian_filter

    grains = gaussian_filter(random.normal(size=image.shape[1:]), 0.7)
    deviation = image.std(axis=tuple(range(1, image.ndim)), keepdims=True)
    inside = np.clip(signed_depth(mask), 0, 1)
    return image + 1.5 * strength * deviation * grains / grains.std() * inside, mask


@manifestations.register("size")
def size(
    image: Float64, mask: AnyArray, strength: float, random: np.random.Generator
) -> tuple[Float64, AnyArray]:
    """Let lesions grow, up to twice as wide; the tissue around them is pushed aside.

    Raises:
        BadInputError: there are more lesions than make sense.
    """
    from scipy.ndimage import map_coordinates

    grid = np.indices(mask.shape).astype(np.float64)
    came_from = grid + _inward(mask, 1 + strength)
    warped = [map_coordinates(channel, came_from, order=1, mode="nearest") for channel in image]
    grown = map_coordinates(mask, came_from, order=0, mode="nearest")
    return np.stack(warped), np.asarray(grown.astype(mask.dtype))


@manifestations.register("class")
def one_class(
    image: Float64, mask: AnyArray, strength: float, random: np.random.Generator
) -> tuple[Float64, AnyArray]:
    """Make details up to 3 times as strong, everywhere, for want of a mask."""
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(image, 3.0, axes=tuple(range(1, image.ndim)))
    return smooth + (1 + 2 * strength) * (image - smooth), mask


def _surroundings(image: Float64, depth: Float64) -> Float64:
    """Return per channel the mean around the lesions, (C, 1, ...)."""
    around = (depth < -NEAR) & (depth > -FAR)
    if not around.any():
        around = depth <= depth.min()
    return np.asarray(image[:, around].mean(axis=1)).reshape(-1, *(1,) * depth.ndim)


def _inward(mask: AnyArray, factor: float) -> Float64:
    """Return where each pixel's content came from, as displacement (dims, *spatial).

    About each connected lesion, positions shrink towards its centre by ``factor`` within its
    radius, and less and less out to ``REACH`` radii.
    """
    from scipy.ndimage import center_of_mass, find_objects, label

    lesions, count = label(mask > 0)
    if count > LARGEST_NUMBER_OF_LESIONS:
        raise BadInputError(f"the mask has {count} separate lesions: too many to let them grow.")
    displacement = np.zeros((mask.ndim, *mask.shape))
    centres = center_of_mass(lesions > 0, lesions, range(1, count + 1))
    for box, centre in zip(find_objects(lesions), centres, strict=True):
        radius = max(side.stop - side.start for side in box) / 2
        near = tuple(
            slice(max(0, int(c - 2 * REACH * radius)), int(c + 2 * REACH * radius) + 2)
            for c in centre
        )
        at = np.indices(mask.shape)[(slice(None), *near)] - np.reshape(
            centre, (-1, *(1,) * mask.ndim)
        )
        distance = np.sqrt((at**2).sum(axis=0)) / (factor * radius)
        fading = np.clip((REACH - distance) / (REACH - 1), 0, 1)
        displacement[(slice(None), *near)] -= (1 - 1 / factor) * at * fading
    return displacement
