"""Source, truth and translations side by side, with maps of where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.core.pictures import Picture, captioned, grid, to_picture

_TILE = 96


def comparison_picture(
    source: Cohort, truth: Cohort, made: Mapping[str, Cohort], cases: Sequence[int]
) -> Picture:
    """Return one column a case: source, truth, then each method and its absolute error.

    All intensities share the range of the true images, but for sources of another number of
    channels; errors are shown from 0 (black) to half of
    that range (white). Volumes show their middle slice.
    """
    images = [truth[case].image for case in cases]
    low = min(float(image.min()) for image in images if image is not None)
    high = max(float(image.max()) for image in images if image is not None)

    def scaled(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        share = np.clip((image - low) / max(high - low, 1e-12), 0, 1)
        return np.asarray(share * 2 - 1, np.float32)

    sources = [_array(source[case].image) for case in cases]
    alike = len(sources[0]) == len(_array(images[0]))
    rows = {
        "source": _strip([scaled(image) if alike else _own_range(image) for image in sources]),
        "truth": _strip([scaled(_array(truth[case].image)) for case in cases]),
    }
    for name, cohort in made.items():
        rows[name] = _strip([scaled(_array(cohort[case].image)) for case in cases])
        errors = [_array(cohort[case].image) - _array(truth[case].image) for case in cases]
        shown = [np.abs(e).mean(axis=0, keepdims=True) / (high - low) for e in errors]
        rows[f"error of {name}"] = _strip([np.clip(4 * e - 1, -1, 1) for e in shown])
    return captioned(rows, width=170)


def _array(image: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32]:
    assert image is not None
    return image


def _own_range(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    low, high = float(values.min()), float(values.max())
    return (values - low) / max(high - low, 1e-12) * 2 - 1


def _strip(images: Sequence[npt.NDArray[np.float32]]) -> Picture:
    return grid([to_picture(image, at_least=_TILE) for image in images], columns=len(images))
