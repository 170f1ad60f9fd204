"""Rules that derive a preparation from what a cohort holds: size, proportions, window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from cancergan.cohort.case import Float32, Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.contents import Contents
from cancergan.cohort.pixels import AnyArray, Header
from cancergan.cohort.window import IntensityWindow
from cancergan.core.errors import BadInputError

WINDOW_CASES = 200
WINDOW_PERCENTILES = (0.1, 99.9)
PIXELS_PER_CASE = 65_536


def checked_headers(cohort: Cohort) -> list[Header]:
    """Return the headers of all cases, which must agree in channels and dimensions.

    Raises:
        BadInputError: names two cases that differ in channels, dimensions or modality.
    """
    headers = [cohort.header(index) for index in range(len(cohort))]
    for what, values in (
        ("channels", [header.shape[0] for header in headers]),
        ("spatial axes", [len(header.shape) - 1 for header in headers]),
    ):
        _refuse_mixture(cohort, what, values)
    if "modality" in cohort.table:
        _refuse_mixture(cohort, "modality", list(cohort.table["modality"].fillna("unstated")))
    return headers


def _refuse_mixture(cohort: Cohort, what: str, values: Sequence[object]) -> None:
    for index, value in enumerate(values):
        if value != values[0]:
            case_ids = cohort.table["case_id"]
            counts = ", ".join(f"{v}: {n} cases" for v, n in Counter(values).most_common(3))
            raise BadInputError(
                f'{cohort.origin}: case "{case_ids[0]}" and case "{case_ids[index]}" differ in '
                f"{what} ({values[0]} and {value}; {counts}). Select cases of one kind."
            )


def planned_size(
    headers: Sequence[Header], image_size: int | Sequence[int] | None
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return the spatial size and the relative size of its pixels along each axis.

    None takes the median shape and spacing, so that equal cases stay untouched. Otherwise pixels
    are square in millimetres, except where nothing needs to change, and except for a volume whose
    three sizes are given: those cover the whole of the median case.
    """
    shape = np.median([header.shape[1:] for header in headers], axis=0).round().astype(int)
    spacing = np.median([header.spacing for header in headers], axis=0)
    spatial = _as_sizes(image_size, shape.tolist())
    equal = all(header.shape[1:] == spatial for header in headers)
    if image_size is None or equal:
        aspect: Float64 = spacing
    elif len(spatial) == 3 and not isinstance(image_size, int):
        aspect = shape * spacing / np.asarray(spatial)
    else:
        aspect = np.ones(len(spatial))
    return spatial, tuple(float(size) for size in aspect)


def _as_sizes(image_size: int | Sequence[int] | None, shape: Sequence[int]) -> tuple[int, ...]:
    if image_size is None:
        return tuple(map(int, shape))
    sizes = (image_size,) * len(shape) if isinstance(image_size, int) else tuple(image_size)
    if len(sizes) != len(shape) or min(sizes) < 1:
        raise BadInputError(
            f"image_size {image_size}: the images have {len(shape)} spatial axes. "
            "Give one positive number, or one for each axis."
        )
    return sizes


def planned_window(cohort: Cohort, headers: Sequence[Header]) -> IntensityWindow:
    """Return (0, 255) where every image has 8 bit, else percentiles 0.1 and 99.9 per channel.

    The percentiles are of up to 200 cases spread evenly over the cohort.

    Raises:
        BadInputError: names a case with NaN or infinite pixels.
    """
    channels = headers[0].shape[0]
    if all(header.dtype == np.uint8 for header in headers):
        return IntensityWindow((0.0,) * channels, (255.0,) * channels)
    samples = []
    for index in _spread(len(cohort)):
        case = cohort[index]
        assert case.image is not None
        require_finite(case.case_id, case.image)
        samples.append(_thinned(case.image.reshape(channels, -1)))
    return _percentile_window(samples)


def _thinned(pixels: AnyArray) -> AnyArray:
    return pixels[:, :: max(1, pixels.shape[1] // PIXELS_PER_CASE)]


def _percentile_window(samples: Sequence[AnyArray]) -> IntensityWindow:
    """Return the window of pixels (C, n), some of each case."""
    low, high = np.nanpercentile(np.concatenate(samples, axis=1), WINDOW_PERCENTILES, axis=1)
    # A constant channel has no contrast to keep; any width will do.
    high = np.where(high > low, high, low + 1.0)
    return IntensityWindow(tuple(map(float, low)), tuple(map(float, high)))


def spread_window(contents: Contents, *, cases: int = 16) -> IntensityWindow:
    """Return a window as ``planned_window`` does, from a few cases spread evenly over a cohort.

    For what only needs the scale of intensities: opening it costs the same for ten cases and for a
    million. Not-finite pixels do not count.
    """
    chosen = sorted(set(np.linspace(0, len(contents) - 1, cases).round().astype(int)))
    images = [contents.pixels(int(index)).image for index in chosen]
    channels = len(images[0])
    if all(image.dtype == np.uint8 for image in images):
        return IntensityWindow((0.0,) * channels, (255.0,) * channels)
    samples = [_thinned(image.reshape(channels, -1)) for image in images]
    return _percentile_window([np.where(np.isfinite(s), s, np.nan) for s in samples])


def require_finite(case_id: str, image: Float32) -> None:
    """Raise BadInputError naming the case if a pixel is NaN or infinite."""
    bad = int(image.size - np.isfinite(image).sum())
    if bad:
        raise BadInputError(
            f'case "{case_id}": {bad} of {image.size} pixels are NaN or infinite. '
            "Repair the image or leave the case out."
        )


def _spread(count: int) -> list[int]:
    """Return up to 200 positions spread evenly over a cohort."""
    return sorted(set(np.linspace(0, count - 1, min(count, WINDOW_CASES)).round().astype(int)))
