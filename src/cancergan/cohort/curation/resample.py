"""Resample to a spacing: linear for images, nearest for masks, and an affine that stays true."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field, field_validator

from cancergan.cohort.case import Case, Float64
from cancergan.cohort.curation.step import Step, image_of, steps
from cancergan.cohort.geometry import resize, resize_nearest
from cancergan.core.errors import BadInputError

LARGEST_IMAGE = 2**31
# Further arrays whose numbers are names, with nothing in between.
NEAREST = ("structures",)


@steps.register("resample")
class Resample(Step):
    """Resample to a spacing in millimetres, the centre of the image staying where it is.

    Linear interpolation, with the triangle filter widened where an axis gets coarser, so that
    nothing aliases. The size is the nearest whole number of new pixels; the spacing is exact.

    Attributes:
        spacing: millimetres per spatial axis, one for all or one for each.
    """

    spacing: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...]

    @field_validator("spacing", mode="before")
    @classmethod
    def _one_for_all(cls, value: Any) -> Any:
        return (value,) if isinstance(value, int | float) else value

    def apply(self, case: Case) -> Case:
        """Return the case resampled.

        Raises:
            BadInputError: another number of axes, or more than 2^31 values to hold.
        """
        image = image_of(case)
        shape = np.array(image.shape[1:])
        new = self._per_axis(case, len(shape))
        factor = new / np.asarray(case.spacing)
        size = np.maximum(np.rint(shape / factor), 1)
        if len(image) * size.prod() > LARGEST_IMAGE:
            raise BadInputError(
                f'case "{case.case_id}": would have {" x ".join(f"{n:.0f}" for n in size)} pixels '
                f"of {tuple(new.tolist())} mm. Its spacing is {case.spacing}; check the units."
            )
        sizes = tuple(int(n) for n in size)
        return replace(
            case,
            image=resize(image, sizes, factor.tolist()),
            mask=None if case.mask is None else resize_nearest(case.mask, sizes, factor.tolist()),
            arrays={
                name: (resize_nearest if name in NEAREST else resize)(array, sizes, factor.tolist())
                for name, array in case.arrays.items()
            },
            spacing=tuple(new.tolist()),
            affine=None if case.affine is None else _moved(case.affine, shape, size, factor),
        )

    def _per_axis(self, case: Case, axes: int) -> Float64:
        if len(self.spacing) not in (1, axes):
            raise BadInputError(
                f'case "{case.case_id}": has {axes} spatial axes, spacing {self.spacing} has '
                f"{len(self.spacing)}. Give one number, or one for each axis."
            )
        return np.broadcast_to(np.asarray(self.spacing, dtype=np.float64), (axes,)).copy()


def _moved(affine: Float64, shape: Float64, size: Float64, factor: Float64) -> Float64:
    """Return the affine of the new grid, whose centre is the centre of the old one."""
    axes = len(shape)
    change = np.eye(4)
    change[range(axes), range(axes)] = factor
    change[:axes, 3] = (shape - 1) / 2 - factor * (size - 1) / 2
    return np.asarray(affine @ change)
