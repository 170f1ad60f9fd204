"""Apply curation steps to a cohort: cases change when they are read, the provenance says how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cancergan.cohort.case import Case, Float32
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.contents import Contents
from cancergan.cohort.curation.resample import NEAREST
from cancergan.cohort.curation.step import Step, Stored
from cancergan.cohort.curation.step_settings import as_step
from cancergan.cohort.pixels import AnyArray, Header, Pixels, Source


@dataclass(eq=False)
class CuratedSource:
    """The pixels of a source after a step; they are computed anew whenever they are asked for."""

    source: Source
    step: Step
    case_id: str
    _header: Header | None = field(default=None, repr=False)

    def header(self) -> Header:
        """Return shape and data type; the first time by computing the pixels."""
        if self._header is None:
            self.pixels()
        assert self._header is not None
        return self._header

    def pixels(self) -> Pixels:
        """Return the pixels after the step."""
        held = self.source.pixels()
        before = Case(
            case_id=self.case_id,
            image=held.image.astype(np.float32, copy=False),
            mask=None if held.mask is None else held.mask.astype(np.int32, copy=False),
            spacing=held.spacing,
            affine=held.affine,
            arrays={name: a.astype(np.float32, copy=False) for name, a in held.arrays.items()},
        )
        pixels = _as_stored(self.step.apply(before), before, held, self.step.stored)
        self._header = Header(pixels.image.shape, pixels.image.dtype, pixels.spacing)
        return pixels


def curated_contents(
    contents: Contents, steps: Sequence[Step | str | Mapping[str, Any]]
) -> Contents:
    """Return contents whose cases pass through the steps in order.

    A step that learns (a stain reference) learns from the cases as the steps before left them.
    """
    for step in map(as_step, steps):
        fitted = step.fitted(Cohort(contents))
        sources = tuple(
            CuratedSource(source, fitted, case_id)
            for source, case_id in zip(contents.sources, contents.case_ids, strict=True)
        )
        history = [*contents.provenance.get("curation", []), fitted.record()]
        contents = replace(
            contents, sources=sources, provenance={**contents.provenance, "curation": history}
        )
    return contents


def _as_stored(case: Case, before: Case, held: Pixels, stored: Stored) -> Pixels:
    """Return the pixels of a changed case; what a step left alone keeps its data type."""
    assert case.image is not None
    mask = case.mask
    if mask is not None and held.mask is not None:
        mask = mask.astype(held.mask.dtype)
    arrays = {
        name: held.arrays[name]
        if array is before.arrays[name]
        else _stored(array, held.arrays[name], "same" if name in NEAREST else stored)
        for name, array in case.arrays.items()
    }
    image = _stored(case.image, held.image, stored)
    return Pixels(image, mask, case.spacing, case.affine, arrays)


def _stored(image: Float32, before: AnyArray, stored: Stored) -> AnyArray:
    """Return the image in the data type that the step leaves (see ``Stored``)."""
    if stored == "same":
        return image.astype(before.dtype, copy=False)
    if stored == "rounded" and before.dtype == np.uint8:
        return np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return image
