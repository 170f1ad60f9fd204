"""The edges of an image as something to make the image from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.pixels import Header, Pixels, Source

_WIDTH = 1.0


@dataclass(frozen=True)
class EdgeSource:
    """The pixels of a case, with the edges of its image as ``source``."""

    case: Source

    def header(self) -> Header:
        """Return shape and data type of the image."""
        return self.case.header()

    def pixels(self) -> Pixels:
        """Return the arrays of the case, ``source`` among them."""
        own = self.case.pixels()
        return replace(own, arrays={**own.arrays, "source": edges(own.image)})


def edges(image: npt.ArrayLike, *, width: float = _WIDTH) -> npt.NDArray[np.float32]:
    """Return how steep an image (C, *spatial) is everywhere, (1, *spatial), in its unit per pixel.

    The length of the gradient of the mean over channels, smoothed by a Gaussian of ``width`` pixels
    (Canny 1986, before thinning): the map keeps where things end, and not how bright they are.
    """
    from scipy.ndimage import gaussian_gradient_magnitude

    mean = np.asarray(image, np.float64).mean(axis=0)
    return np.asarray(gaussian_gradient_magnitude(mean, width), np.float32)[None]


def with_edges(cohort: Cohort) -> Cohort:
    """Return the cohort whose cases also have their edges, as the array ``source``."""
    cohort.require("image")
    contents = cohort.contents
    sources = tuple(EdgeSource(contents.source(row)) for row in range(len(cohort)))
    return Cohort(replace(contents, sources=sources))
