"""What a perfect translator would make of held-out pairs, and what no translator at all makes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.columns import IMAGE
from cancergan.core.errors import BadInputError
from cancergan.training.run import Run
from cancergan.training.starting import Started, prepared_column, start_from
from cancergan.training.synthesis import starts_of

Float32 = npt.NDArray[np.float32]


def truth_of(run: Run, cohort: Cohort) -> Cohort:
    """Return the true images of a cohort's pairs, on the grid and in the units of the run's own.

    Raises:
        BadInputError: the run does not translate pairs.
    """
    started = _started(run, cohort)
    column = run.trained_on.columns[IMAGE]
    return _cohort(run, started, prepared_column(column, started.cohort))


def source_as_image(run: Run, cohort: Cohort) -> Cohort | None:
    """Return the sources themselves as if they were the translations, None where they cannot be.

    The trivial baseline: copying, or where the source is coarser, cubic interpolation. A source of
    another number of channels (a map of labels) cannot stand for the image.
    """
    started = _started(run, cohort)
    source = started.arrays["source"]
    shape = run.trained_on.preparation
    if source.shape[1] != shape.channels or run.trained_on.columns["source"].view.is_mask:
        return None
    if source.shape[2:] != shape.spatial:
        source = np.stack([_interpolated(image, shape.spatial) for image in source])
    return _cohort(run, started, source)


def _started(run: Run, cohort: Cohort) -> Started:
    starts = starts_of(run)
    wheres = {column.view.where for column in run.trained_on.columns.values()}
    if "source" not in starts or len(wheres) > 1:
        raise BadInputError(
            f"{run.path}: does not translate pairs, so there is no truth to compare with."
        )
    return start_from(run.trained_on, starts, cohort)


def _cohort(run: Run, started: Started, images: Float32) -> Cohort:
    preparation = run.trained_on.preparation
    rows = np.arange(len(started))
    return Cohort.from_arrays(
        [preparation.invert(image) for image in images],
        started.table(rows).rename(columns={"source_case_id": "case_id"}),
        **started.placed(rows, preparation),
    )


def _interpolated(image: Float32, spatial: tuple[int, ...]) -> Float32:
    """Return (C, *coarse) enlarged to (C, *spatial) by cubic splines, sampled at pixel centres."""
    from scipy.ndimage import zoom

    factors = [1.0, *(new / old for new, old in zip(spatial, image.shape[1:], strict=True))]
    enlarged = zoom(image, factors, order=3, mode="nearest", grid_mode=True)
    return np.asarray(np.clip(enlarged, -1, 1), np.float32)
