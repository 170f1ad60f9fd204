"""One case: what was seen of one patient at one time, in physical units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One case of a cohort.

    Attributes:
        case_id: unique within its cohort.
        image: (C, *spatial) in physical units (HU, Gy, counts, 0-255 for 8-bit pictures), or None
            in a cohort of tables. Spatial axes are (row, column) for pictures and the file's own
            array order (x, y, z) for volumes; colour is C = 3.
        mask: (*spatial) whole numbers, 0 is background; None where there is none.
        arrays: further arrays on the same grid by column name (source, target, dose, structures),
            each (C', *spatial) in physical units.
        attributes: the other columns of its row (label, patient_id, age, ...).
        spacing: millimetres per spatial axis; 1.0 where the file does not say.
        affine: (4, 4) from array index to patient millimetres (NIfTI's RAS+), or None.
    """

    case_id: str
    image: Float32 | None
    mask: npt.NDArray[np.int32] | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    spacing: tuple[float, ...] = ()
    affine: Float64 | None = None
    arrays: Mapping[str, Float32] = field(default_factory=dict)
