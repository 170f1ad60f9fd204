"""From physical units to what a network sees, and back: window and geometry, both recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Case, Float32, Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.geometry import Fit as Fit
from cancergan.cohort.geometry import Placement, place, resize, resize_nearest
from cancergan.cohort.planning import (
    checked_headers,
    planned_size,
    planned_window,
    require_finite,
)
from cancergan.cohort.window import IntensityWindow as IntensityWindow
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.provenance import fingerprint

Interpolation = Literal["linear", "nearest"]


@dataclass(frozen=True)
class Preparation:
    """How the cases of a cohort become equal arrays for a network: (channels, *spatial) in [-1, 1].

    ``fit`` says what happens where the proportions differ from those of ``spatial``: "crop" keeps
    them and cuts the longer side about its centre, "pad" keeps them and fills up with the window's
    low end, "stretch" gives them up. Proportions are measured in millimetres; ``aspect`` is the
    relative size of the wanted pixels along each axis, equal where it is empty. ``interpolation``
    is "nearest" for maps of labels, which have nothing in between.
    """

    spatial: tuple[int, ...]
    window: IntensityWindow
    fit: Fit = "crop"
    aspect: tuple[float, ...] = ()
    interpolation: Interpolation = "linear"

    def __post_init__(self) -> None:
        if self.fit not in get_args(Fit):
            raise unknown("fit", self.fit, get_args(Fit))
        if self.interpolation not in get_args(Interpolation):
            raise unknown("interpolation", self.interpolation, get_args(Interpolation))

    @classmethod
    def plan(
        cls,
        cohort: Cohort,
        *,
        image_size: int | Sequence[int] | None = None,
        fit: Fit = "crop",
    ) -> Preparation:
        """Derive the preparation from a cohort.

        Args:
            cohort: the training part; held-out cases must not shape the window.
            image_size: one number for all axes, one for each, or None for the common or else the
                median shape.
            fit: see the class.

        Raises:
            BadInputError: cases differ in channels, axes or modality (names two), pixels are NaN,
                or ``image_size`` does not fit.
        """
        headers = checked_headers(cohort)
        spatial, aspect = planned_size(headers, image_size)
        return cls(spatial, planned_window(cohort, headers), fit, aspect)

    @property
    def channels(self) -> int:
        """The number of channels."""
        return len(self.window.low)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that identify the preparation."""
        return fingerprint(self.to_json())

    def apply(self, case: Case) -> Float32:
        """Return a case's image as (C, *spatial) float32 in [-1, 1].

        Raises:
            BadInputError: no image, other channels or axes than planned, or NaN; names the case.
        """
        image = self._checked_image(case)
        where = self._place(case)
        kept = image[(slice(None), *where.crop)]
        nearest = self.interpolation == "nearest"
        resized = resize_nearest(kept, where.size) if nearest else resize(kept, where.size)
        padding = ((0, 0), *where.padding)
        return np.pad(self.window.to_network(resized), padding, constant_values=-1.0)

    def apply_mask(self, case: Case) -> npt.NDArray[np.int32]:
        """Return a case's mask at the same place and size, by the nearest pixel.

        Raises:
            BadInputError: the case has no mask.
        """
        if case.mask is None:
            raise BadInputError(f'case "{case.case_id}": has no mask. Add one.')
        where = self._place(case)
        mask = resize_nearest(case.mask[where.crop], where.size)
        return np.pad(mask, where.padding).astype(np.int32, copy=False)

    def invert(self, array: npt.ArrayLike) -> Float32:
        """Return (C, *spatial) or (n, C, *spatial) in [-1, 1] as float32 in physical units."""
        values = np.asarray(array, dtype=np.float32)
        channel_axis = values.ndim - len(self.spatial) - 1
        physical = self.window.to_physical(np.moveaxis(values, channel_axis, 0))
        return np.moveaxis(physical, 0, channel_axis)

    def spacing(self, case: Case) -> tuple[float, ...]:
        """Return the millimetres per pixel of a case once it is prepared."""
        return self._place(case).spacing(case.spacing)

    def affine(self, case: Case) -> Float64 | None:
        """Return the matrix of a case once it is prepared, None where the case has none."""
        return None if case.affine is None else self._place(case).affine(case.affine)

    def to_json(self) -> dict[str, Any]:
        """Return the preparation as a JSON object."""
        return {
            "spatial": list(self.spatial),
            "window": self.window.to_json(),
            "fit": self.fit,
            "aspect": list(self.aspect),
            "interpolation": self.interpolation,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Preparation:
        """Rebuild a preparation from its JSON object.

        Raises:
            BadInputError: a key is missing or malformed.
        """
        try:
            return cls(
                spatial=tuple(map(int, value["spatial"])),
                window=IntensityWindow.from_json(value["window"]),
                fit=value["fit"],
                aspect=tuple(map(float, value.get("aspect", ()))),
                interpolation=value.get("interpolation", "linear"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadInputError(f"preparation {value}: not readable ({error}).") from None

    def _place(self, case: Case) -> Placement:
        assert case.image is not None
        return place(
            case.image.shape[1:],
            case.spacing or (1.0,) * len(self.spatial),
            spatial=self.spatial,
            aspect=self.aspect or (1.0,) * len(self.spatial),
            fit=self.fit,
        )

    def _checked_image(self, case: Case) -> Float32:
        if case.image is None:
            raise BadInputError(f'case "{case.case_id}": has no image. Give cases with images.')
        channels, *shape = case.image.shape
        if (channels, len(shape)) != (self.channels, len(self.spatial)):
            raise BadInputError(
                f'case "{case.case_id}": has {channels} channels and {len(shape)} spatial axes; '
                f"planned for {self.channels} and {len(self.spatial)}. Select cases of one kind."
            )
        require_finite(case.case_id, case.image)
        return case.image
