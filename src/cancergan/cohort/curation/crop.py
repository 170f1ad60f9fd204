"""Crop a case to what matters in it, with a margin in millimetres."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from cancergan.cohort.case import Case
from cancergan.cohort.curation.foreground import Mask, foregrounds
from cancergan.cohort.curation.step import Step, Stored, image_of, steps
from cancergan.core.errors import BadInputError


@steps.register("crop")
class Crop(Step):
    """Cut an image down to the box around its foreground; no value changes.

    Attributes:
        to: "body" (CT, MR), "breast" (mammogram), "brain" (CT, MR), or "mask": the case's own mask.
        margin: millimetres kept around it, as far as the image goes.
    """

    stored: ClassVar[Stored] = "same"
    to: Literal["body", "breast", "brain", "mask"] = "body"
    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 5.0

    def apply(self, case: Case) -> Case:
        """Return the case cropped, its affine moved along.

        Raises:
            BadInputError: there is no foreground, or no mask where ``to`` is "mask".
        """
        image = image_of(case)
        found = self._foreground(case)
        if not found.any():
            raise BadInputError(
                f'case "{case.case_id}": no {self.to} found in it. Leave the case out, '
                "or crop to something else."
            )
        box = _box(found, [int(np.ceil(self.margin / step)) for step in case.spacing])
        affine = case.affine
        if affine is not None:
            affine = affine.copy()
            start = np.array([side.start for side in box])
            affine[:, 3] += affine[:, : len(start)] @ start
        return replace(
            case,
            image=np.ascontiguousarray(image[(slice(None), *box)]),
            mask=None if case.mask is None else np.ascontiguousarray(case.mask[box]),
            arrays={
                name: np.ascontiguousarray(array[(slice(None), *box)])
                for name, array in case.arrays.items()
            },
            affine=affine,
        )

    def _foreground(self, case: Case) -> Mask:
        if self.to != "mask":
            return foregrounds[self.to](image_of(case), case.spacing)
        if case.mask is None:
            raise BadInputError(f'case "{case.case_id}": has no mask to crop to. Add one.')
        return np.asarray(case.mask > 0)


def _box(mask: Mask, margin: list[int]) -> tuple[slice, ...]:
    """Return the box around a mask, widened by pixels on each side but not beyond the image."""
    box = []
    for axis, (size, more) in enumerate(zip(mask.shape, margin, strict=True)):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        (held,) = np.nonzero(mask.any(axis=others))
        box.append(slice(max(int(held[0]) - more, 0), min(int(held[-1]) + 1 + more, size)))
    return tuple(box)
