"""The linear map between physical units and a network's [-1, 1]."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float32, Float64
from cancergan.core.errors import BadInputError


@dataclass(frozen=True)
class IntensityWindow:
    """A linear map per channel from [low, high] in physical units to [-1, 1], and back again.

    ``low`` and ``high`` have one number for each channel. Values outside are clipped.

    >>> hounsfield = IntensityWindow(low=(-1000.0,), high=(400.0,))
    >>> hounsfield.to_network(np.array([[-1000, -300, 400, 3000]]))
    array([[-1.,  0.,  1.,  1.]], dtype=float32)
    """

    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        ordered = len(self.low) == len(self.high) > 0 and all(
            math.isfinite(low) and math.isfinite(high) and low < high
            for low, high in zip(self.low, self.high, strict=True)
        )
        if not ordered:
            raise BadInputError(
                f"intensity window {self.low} to {self.high}: needs one finite low < high "
                "per channel."
            )

    def to_network(self, image: npt.ArrayLike) -> Float32:
        """Return a (C, *spatial) image in physical units as float32 in [-1, 1], clipped."""
        values = np.asarray(image, dtype=np.float32)
        low, width = self._per_channel(values)
        return np.clip((values - low) * (2.0 / width) - 1.0, -1.0, 1.0).astype(np.float32)

    def to_physical(self, array: npt.ArrayLike) -> Float32:
        """Return a (C, *spatial) array in [-1, 1] as float32 in physical units."""
        values = np.asarray(array, dtype=np.float32)
        low, width = self._per_channel(values)
        return ((values + 1.0) * (width / 2.0) + low).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """Return the window as a JSON object."""
        return {"low": list(self.low), "high": list(self.high)}

    @classmethod
    def from_json(cls, value: Mapping[str, Sequence[float]]) -> IntensityWindow:
        """Rebuild a window from its JSON object."""
        return cls(tuple(map(float, value["low"])), tuple(map(float, value["high"])))

    def _per_channel(self, values: Float32) -> tuple[Float64, Float64]:
        """Return low and width as columns, in float64 so that the inverse is exact to float32."""
        if len(values) != len(self.low):
            raise BadInputError(
                f"{len(values)} channels do not fit an intensity window of {len(self.low)}."
            )
        column = (-1,) + (1,) * (values.ndim - 1)
        low = np.reshape(np.asarray(self.low, dtype=np.float64), column)
        return low, np.reshape(np.asarray(self.high, dtype=np.float64), column) - low
