"""A region of interest: values, where they count, and how large a voxel is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, on_the_host
from cancergan.metrics.radiomics.settings import RadiomicsSettings

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Region:
    """One region in its image.

    Attributes:
        image: (*spatial) float64, the whole image.
        mask: (*spatial) bool: the region as drawn, which its shape is measured on.
        counted: (*spatial) bool: the part of it whose values count, after resegmentation.
        spacing: millimetres per axis.
        box: the smallest box that holds the region as drawn.
    """

    image: Float64
    mask: Mask
    counted: Mask
    spacing: tuple[float, ...]
    box: tuple[slice, ...]

    @cached_property
    def values(self) -> Float64:
        """The values that count, (n,)."""
        inside: Float64 = self.image[self.box][self.counted[self.box]]
        return inside

    @property
    def voxel_volume(self) -> float:
        """Cubic millimetres of a voxel, square millimetres of a pixel."""
        return float(np.prod(self.spacing))


def region_of(
    image: npt.ArrayLike,
    mask: npt.ArrayLike | None,
    spacing: Sequence[float] | None,
    settings: RadiomicsSettings,
) -> Region:
    """Return the region of an image (*spatial) in 2 or 3 dimensions; all of it without a mask.

    Values that are NaN outside the mask do no harm and become 0.

    Raises:
        BadInputError: an image of other dimensions, a mask of another shape or empty, NaN or
            infinity inside the region, a spacing that does not fit, or resegmentation that leaves
            nothing.
    """
    values = np.asarray(on_the_host(image), dtype=np.float64)
    if values.ndim not in (2, 3) or not values.size:
        raise BadInputError(f"image of shape {values.shape}: must have 2 or 3 dimensions.")
    drawn = _drawn(mask, values.shape)
    finite = np.isfinite(values)
    if not finite[drawn].all():
        where = tuple(int(i) for i in np.argwhere(drawn & ~finite)[0])
        raise BadInputError(
            f"the image is NaN or infinite at {where}. Repair or leave out that case."
        )
    values = np.where(finite, values, 0.0)
    return Region(
        values,
        drawn,
        _counted(values, drawn, settings),
        _checked_spacing(spacing, values.ndim),
        tuple(slice(int(i.min()), int(i.max()) + 1) for i in np.nonzero(drawn)),
    )


def _drawn(mask: npt.ArrayLike | None, shape: tuple[int, ...]) -> Mask:
    if mask is None:
        return np.ones(shape, dtype=bool)
    drawn = np.asarray(on_the_host(mask))
    if drawn.shape != shape:
        raise BadInputError(
            f"mask of shape {drawn.shape} for an image of shape {shape}: must be equal."
        )
    if drawn.dtype.kind == "f" and not np.isfinite(drawn).all():
        raise BadInputError("the mask holds NaN or infinity. Give whole numbers.")
    if not drawn.any():
        raise BadInputError("the mask is empty: no region to measure. Draw one or leave it out.")
    return drawn.astype(bool)


def _checked_spacing(spacing: Sequence[float] | None, dimensions: int) -> tuple[float, ...]:
    given = () if spacing is None else tuple(float(step) for step in spacing)
    steps = given or (1.0,) * dimensions
    if len(steps) != dimensions or not all(0 < step < np.inf for step in steps):
        raise BadInputError(
            f"spacing {spacing} of an image with {dimensions} axes: one length above 0 an axis."
        )
    return steps


def _counted(values: Float64, drawn: Mask, settings: RadiomicsSettings) -> Mask:
    """Return the region without values out of range, then without outliers (IBSI 2.6)."""
    counted = drawn
    if settings.resegment is not None:
        low, high = settings.resegment
        counted = counted & (values >= low) & (values <= high)
    if settings.outliers is not None and counted.any():
        inside = values[counted]
        centre, reach = inside.mean(), settings.outliers * inside.std()
        counted = counted & (np.abs(values - centre) <= reach)
    if not counted.any():
        raise BadInputError(
            f"resegmentation to {settings.resegment} leaves nothing of the region. Widen it."
        )
    return counted
