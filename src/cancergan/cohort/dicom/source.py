"""The arrays of one DICOM case: its image, and what belongs to it on the image's grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from cancergan.cohort.arrays_on_demand import ArraysOnDemand
from cancergan.cohort.dicom.dose import Dose
from cancergan.cohort.dicom.grid import Grid
from cancergan.cohort.dicom.segmentation import Segmentation
from cancergan.cohort.dicom.structure_set import StructureSet
from cancergan.cohort.dicom.volumes import DicomImage
from cancergan.cohort.pixels import AnyArray, Header, Pixels
from cancergan.cohort.structures import channels, label_map


@dataclass(frozen=True)
class DicomSource:
    """One case.

    Attributes:
        image: its picture or volume.
        contours: segmentations and structure sets of it.
        doses: what adds up to its dose.
        codes: every structure of the cohort and its number in a mask, from 1.
    """

    image: DicomImage
    contours: tuple[Segmentation | StructureSet, ...] = ()
    doses: tuple[Dose, ...] = ()
    codes: Mapping[str, int] = field(default_factory=dict)

    def header(self) -> Header:
        """Return shape and data type as found in the headers."""
        return self.image.header()

    def pixels(self) -> Pixels:
        """Decode the image; the mask, and on demand ``structures`` and ``dose``, on its grid.

        The mask is the ``label_map`` of all contours. ``structures`` is (C, *spatial) of 0 and 1, a
        channel for each structure of the cohort. ``dose`` is (1, *spatial) in gray.
        """
        pixels = self.image.pixels()
        if self.image.grid is None:
            return pixels
        grid, spatial = Grid(*self.image.grid), pixels.image.shape[1:]
        extra: dict[str, Callable[[], AnyArray]] = {}
        if self.contours:
            mask = label_map(self._drawn(grid), grid.shape, len(self.codes)).reshape(spatial)
            pixels = replace(pixels, mask=mask)
            extra["structures"] = partial(self._structures, grid, spatial)
        if self.doses:
            extra["dose"] = partial(self._dose, grid, spatial)
        return replace(pixels, arrays=ArraysOnDemand(extra)) if extra else pixels

    def _drawn(self, grid: Grid) -> Iterator[tuple[int, AnyArray]]:
        for contours in self.contours:
            for name, inside in contours.on(grid):
                yield self.codes[name], inside

    def _structures(self, grid: Grid, spatial: tuple[int, ...]) -> AnyArray:
        stacked = channels(self._drawn(grid), grid.shape, len(self.codes))
        return stacked.reshape(len(stacked), *spatial)

    def _dose(self, grid: Grid, spatial: tuple[int, ...]) -> AnyArray:
        return np.asarray(sum(dose.on(grid) for dose in self.doses)).reshape(1, *spatial)
