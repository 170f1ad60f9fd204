"""Turn a volume so that its axes run in stated directions of the body."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from pydantic import field_validator

from cancergan.cohort.case import Case
from cancergan.cohort.curation.step import Step, Stored, image_of, steps
from cancergan.cohort.pixels import AnyArray
from cancergan.core.errors import BadInputError

OPPOSITES = ("RL", "AP", "SI")


@steps.register("orient")
class Orient(Step):
    """Flip and swap the axes of a volume; no value is interpolated.

    Attributes:
        to: the direction in which each axis of the array grows: "RAS" (NIfTI's) means to the
            patient's right, front, head; "LPS" (DICOM's) to left, back, head.
    """

    stored: ClassVar[Stored] = "same"
    to: str = "RAS"

    @field_validator("to")
    @classmethod
    def _checked(cls, value: str) -> str:
        found = sorted(next((pair for pair in OPPOSITES if c in pair), c) for c in value.upper())
        if found != sorted(OPPOSITES):
            raise ValueError(f'"{value}" is not one letter each of RL, AP, SI, such as RAS or LPS')
        return value.upper()

    def apply(self, case: Case) -> Case:
        """Return the case turned, its affine with it.

        Raises:
            BadInputError: the case is a picture, or its affine is unknown or without direction.
        """
        orientations = _orientations()
        image = image_of(case)
        if image.ndim != 4 or case.affine is None:
            raise BadInputError(
                f'case "{case.case_id}": has no known direction in the patient. '
                "Orient volumes with an affine (NIfTI, NRRD, DICOM)."
            )
        now = orientations.io_orientation(case.affine)
        if np.isnan(now).any():
            raise BadInputError(f'case "{case.case_id}": its affine drops an axis. Repair it.')
        turn = orientations.ornt_transform(now, orientations.axcodes2ornt(tuple(self.to)))
        undo = orientations.inv_ornt_aff(turn, image.shape[1:])
        spacing = np.empty(3)
        spacing[turn[:, 0].astype(int)] = case.spacing

        def turned(array: AnyArray) -> AnyArray:
            return np.ascontiguousarray(orientations.apply_orientation(array, turn))

        return replace(
            case,
            image=np.stack([turned(channel) for channel in image]),
            mask=None if case.mask is None else turned(case.mask),
            arrays={
                name: np.stack([turned(channel) for channel in array])
                for name, array in case.arrays.items()
            },
            spacing=tuple(spacing.tolist()),
            affine=np.asarray(case.affine @ undo),
        )


def _orientations() -> Any:
    """Return nibabel's module, which has no type hints."""
    from nibabel import orientations

    return orientations
