"""Read every case of a cohort once, and keep what all checks need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float32, Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.curation.overlays import Overlay, overlays
from cancergan.cohort.curation.quality import Measured, measured
from cancergan.cohort.curation.step import image_of
from cancergan.cohort.curation.thumbnails import thumbnail
from cancergan.core.provenance import fingerprint

SAMPLED_VALUES = 256


@dataclass(frozen=True, eq=False)
class Survey:
    """What was seen of a cohort, one entry a case.

    Attributes:
        cohort: the cohort.
        thumbnails: (n, 96, 96) grey, in physical units.
        prints: fingerprints of the images alone, equal where all pixels are.
        quality: measures of the pixels.
        overlays: what is burned in.
        values: (n, 256) quantiles of each image, from its smallest to its largest value.
    """

    cohort: Cohort
    thumbnails: Float32
    prints: tuple[str, ...]
    quality: tuple[Measured, ...]
    overlays: tuple[tuple[Overlay, ...], ...]
    values: Float64

    def __len__(self) -> int:
        return len(self.prints)

    def case_id(self, position: int) -> str:
        """Return the id of a case."""
        return str(self.ids[position])

    @property
    def ids(self) -> npt.NDArray[np.object_]:
        """The case ids, in order."""
        return np.asarray(self.cohort.table["case_id"], dtype=object)


def survey(
    cohort: Cohort,
    *,
    progress: Callable[[int], None] = lambda read: None,
    copies_only: bool = False,
) -> Survey:
    """Return the survey of a cohort with images; ``progress`` hears how many cases are read.

    With ``copies_only`` no more is looked at than a search for copies needs; the rest stays empty.
    Memory: about 40 kB a case.

    Raises:
        BadInputError: no images, or one that cannot be read.
    """
    cohort.require("image")
    prints, values = [], []
    quality: list[Measured] = []
    overlaid: list[tuple[Overlay, ...]] = []
    thumbnails = np.empty((len(cohort), 96, 96), dtype=np.float32)
    for position, case in enumerate(cohort):
        image = image_of(case)
        thumbnails[position] = thumbnail(case)
        prints.append(fingerprint(image))
        if not copies_only:
            quality.append(measured(case))
            overlaid.append(tuple(overlays(case)))
            values.append(_quantiles(image))
        progress(position + 1)
    return Survey(
        cohort=cohort,
        thumbnails=thumbnails,
        prints=tuple(prints),
        quality=tuple(quality),
        overlays=tuple(overlaid),
        values=np.array(values).reshape(-1, SAMPLED_VALUES),
    )


def _quantiles(image: Float32) -> Float64:
    finite = image[np.isfinite(image)]
    if not finite.size:
        return np.zeros(SAMPLED_VALUES)
    thinned = np.sort(finite[:: max(1, finite.size // 65_536)])
    places = np.linspace(0, len(thinned) - 1, SAMPLED_VALUES).round().astype(int)
    return np.asarray(thinned[places], dtype=np.float64)
