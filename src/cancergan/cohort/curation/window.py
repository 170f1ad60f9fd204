"""Clip intensities to a window, by a named preset or by two numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from pydantic import model_validator

from cancergan.cohort.case import Case, Float32
from cancergan.cohort.curation.foreground import foregrounds
from cancergan.cohort.curation.step import Step, Stored, image_of, steps
from cancergan.cohort.curation.window_presets import WindowPreset, presets
from cancergan.core.errors import BadInputError


@steps.register("window")
class Window(Step):
    """Clip to a window. Values with a unit keep it; percentiles make a scale of 0 to 1.

    A CT window clips and stays in Hounsfield units: ``Preparation`` maps it to a network's range
    later and back again. MR has no unit, so a percentile window is taken of each channel of each
    case, within the body, and scaled.

    Attributes:
        preset: a name such as "ct_lung" or "mr_percentile".
        low, high: ends in physical units, instead of a preset.
    """

    stored: ClassVar[Stored] = "float32"
    preset: str | None = None
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Window:
        if self.preset is not None:
            presets[self.preset]
        ends = self.low is not None and self.high is not None
        if (self.preset is None) != ends or (self.preset and (self.low or self.high)):
            raise ValueError("give either a preset, or both low and high")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low {self.low} is not below high {self.high}")
        return self

    def apply(self, case: Case) -> Case:
        """Return the case with its image clipped, or clipped and scaled.

        Raises:
            BadInputError: pixels are NaN, or a percentile window finds nothing to measure.
        """
        image = image_of(case)
        window = self._window()
        if not np.isfinite(image).all():
            raise BadInputError(f'case "{case.case_id}": has NaN pixels. Repair or leave it out.')
        if window.percentiles:
            return replace(case, image=_scaled(case, window))
        return replace(case, image=np.clip(image, window.low, window.high).astype(np.float32))

    def _window(self) -> WindowPreset:
        if self.preset is not None:
            return presets[self.preset]
        assert self.low is not None
        assert self.high is not None
        return WindowPreset(self.low, self.high)


def _scaled(case: Case, window: WindowPreset) -> Float32:
    image = image_of(case)
    inside = foregrounds["body"](image, case.spacing)
    if not inside.any():
        raise BadInputError(f'case "{case.case_id}": holds no body to measure. Leave it out.')
    scaled = np.empty_like(image)
    for channel, values in enumerate(image):
        low, high = np.percentile(values[inside], (window.low, window.high))
        scaled[channel] = np.clip((values - low) / max(high - low, 1e-12), 0.0, 1.0)
    return scaled
