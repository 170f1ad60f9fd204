"""Sources of pixels: in memory, or in files that are read on demand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np

from cancergan.cohort.case import Float64
from cancergan.cohort.formats import read_header, read_image, read_mask
from cancergan.cohort.pixels import AnyArray, Header, Pixels, narrow
from cancergan.core.errors import BadInputError


@dataclass(frozen=True)
class MemorySource:
    """Pixels that are in memory already."""

    held: Pixels

    def header(self) -> Header:
        """Return shape and data type."""
        return Header(self.held.image.shape, self.held.image.dtype, self.held.spacing)

    def pixels(self) -> Pixels:
        """Return the pixels."""
        return self.held


@dataclass(frozen=True)
class FileSource:
    """Pixels in files: one image file, or one per channel; masks of one case are united.

    Attributes:
        images: the files whose channels follow one another.
        masks: no, one or several files; where several overlap, the larger number wins.
        arrays: files of further arrays on the same grid, by column name.
        spacing, affine: replace what the files say, where given.
        slope, intercept: stored number to physical units, where an export had to scale.
    """

    images: tuple[Path, ...]
    masks: tuple[Path, ...] = ()
    arrays: tuple[tuple[str, Path], ...] = ()
    spacing: tuple[float, ...] | None = None
    affine: Float64 | None = None
    slope: float = 1.0
    intercept: float = 0.0

    def header(self) -> Header:
        """Return shape and data type from the headers of the files."""
        headers = [read_header(path) for path in self.images]
        channels = sum(header.shape[0] for header in headers)
        dtype = np.result_type(*(header.dtype for header in headers))
        scaled = (self.slope, self.intercept) != (1.0, 0.0)
        return Header(
            shape=(channels, *headers[0].shape[1:]),
            dtype=np.dtype(np.float32) if scaled else dtype,
            spacing=self.spacing or headers[0].spacing,
        )

    def pixels(self) -> Pixels:
        """Read the files."""
        parts = [read_image(path) for path in self.images]
        self._check_shapes([part.image.shape[1:] for part in parts], self.images)
        first = parts[0]
        image = np.concatenate([part.image for part in parts]) if len(parts) > 1 else first.image
        masks = [read_mask(path) for path in self.masks]
        self._check_shapes([image.shape[1:], *(m.shape for m in masks)], self.images + self.masks)
        return Pixels(
            self._rescaled(image),
            reduce(np.maximum, masks) if masks else None,
            self.spacing or first.spacing,
            first.affine if self.affine is None else self.affine,
            self._further(image.shape[1:]),
        )

    def _further(self, spatial: tuple[int, ...]) -> dict[str, AnyArray]:
        arrays = {name: read_image(path).image for name, path in self.arrays}
        paths = (self.images[0], *(path for _, path in self.arrays))
        self._check_shapes([spatial, *(array.shape[1:] for array in arrays.values())], paths)
        return arrays

    def _rescaled(self, image: AnyArray) -> AnyArray:
        if (self.slope, self.intercept) == (1.0, 0.0):
            return image
        if self.slope == 1.0 and self.intercept.is_integer():
            return narrow(image.astype(np.int64) + int(self.intercept))
        return (image * np.float64(self.slope) + self.intercept).astype(np.float32)

    def _check_shapes(self, shapes: list[tuple[int, ...]], paths: tuple[Path, ...]) -> None:
        for shape, path in zip(shapes, paths, strict=False):
            if shape != shapes[0]:
                raise BadInputError(
                    f"{path}: has shape {shape}, but {paths[0].name} has {shapes[0]}. "
                    "The files of one case must have equal shapes."
                )
