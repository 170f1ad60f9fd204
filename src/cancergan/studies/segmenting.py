"""What studies of segmentation share: true maps, thresholds from validation, figures, pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Direction
from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.metrics.segmentation import dice, hausdorff95
from cancergan.studies.evidence import Outcome

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(2, 19))
FIGURES: dict[str, Direction] = {"dice": "higher", "hausdorff95": "lower", "false_alarm": "lower"}
_SHOWN = 6
_COLOURS = {"truth": (0, 200, 0), "found": (235, 60, 60)}


def prepared_pairs(cohort: Cohort, preparation: Preparation) -> tuple[Float32, Labels]:
    """Return images (n, C, *spatial) in [-1, 1] and masks (n, *spatial) of all cases.

    Raises:
        BadInputError: a case without a mask, or all masks empty.
    """
    prepared = prepare(cohort, preparation, columns=("image", "mask"))
    assert prepared.masks is not None
    if not prepared.masks.any():
        raise BadInputError(f"{cohort.origin}: all {len(cohort)} masks are empty.")
    return prepared.images, prepared.masks


def chosen_threshold(chance: Float64, truth: Labels) -> float:
    """Return the threshold with the best mean Dice of cases with a lesion; 0.5 if none has one."""
    marked = truth.reshape(len(truth), -1).any(axis=1)
    if not marked.any():
        return 0.5
    scores = [
        np.mean([dice(c >= t, m) for c, m in zip(chance[marked], truth[marked] > 0, strict=True)])
        for t in THRESHOLDS
    ]
    return THRESHOLDS[int(np.argmax(scores))]


def measured(found: npt.NDArray[np.bool_], truth: Labels) -> dict[str, Float64]:
    """Return the figures of every case, NaN where a figure does not count.

    ``dice`` and ``hausdorff95`` (in pixels of the prepared grid) are of cases with a lesion; where
    nothing was found the distance is the image's diagonal, the farthest that two pixels can lie
    apart. ``false_alarm``, of cases without a lesion, is 1 where anything was marked.
    """
    diagonal = float(np.linalg.norm(truth.shape[1:]))
    rows = []
    for one, other in zip(found, truth > 0, strict=True):
        if not other.any():
            rows.append((np.nan, np.nan, float(one.any())))
            continue
        rows.append((dice(one, other), min(hausdorff95(one, other), diagonal), np.nan))
    values = np.array(rows, dtype=np.float64).T
    return dict(zip(FIGURES, values, strict=True))


def outcomes(
    figures: Mapping[str, Sequence[Mapping[str, Float64]]], units: Sequence[str]
) -> list[Outcome]:
    """Return the outcomes of every method, given its figures for each seed.

    A figure is of the cases for which it counts, which the true masks alone decide.
    """
    found = []
    for method, seeds in figures.items():
        for figure, direction in FIGURES.items():
            values = np.stack([seed[figure] for seed in seeds])
            counts = np.flatnonzero(np.isfinite(values).all(axis=0))
            if len(counts):
                of = [units[n] for n in counts.tolist()]
                found.append(Outcome(method, figure, values[:, counts], of, direction))
    return found


def masks_picture(
    images: Float32, truth: Labels, found: Mapping[str, npt.NDArray[np.bool_]]
) -> Picture:
    """Return some cases in columns: the truth outlined green, each method's masks red below."""
    chosen = _spread(truth)
    rows = {"image": [to_picture(images[n], at_least=64) for n in chosen]}
    rows["truth"] = [_outlined(images[n], truth[n] > 0, "truth") for n in chosen]
    for name, masks in found.items():
        rows[name] = [_outlined(images[n], masks[n], "found") for n in chosen]
    return captioned(
        {name: grid(pictures, columns=len(chosen)) for name, pictures in rows.items()}, width=170
    )


def _outlined(image: Float32, mask: npt.NDArray[Any], colour: str) -> Picture:
    """Return an image with the edge of a mask drawn over it, volumes by their middle slice."""
    from scipy.ndimage import binary_erosion

    while mask.ndim > 2:
        mask, image = mask[..., mask.shape[-1] // 2], image[..., image.shape[-1] // 2]
    picture = to_picture(image, at_least=64)
    factor = picture.shape[0] // mask.shape[0]
    large = mask.astype(bool).repeat(factor, axis=0).repeat(factor, axis=1)
    picture[large & ~binary_erosion(large)] = _COLOURS[colour]
    return picture


def _spread(truth: Labels) -> list[int]:
    """Return some cases over the whole cohort, those with a lesion before those without."""
    marked = np.flatnonzero(truth.reshape(len(truth), -1).any(axis=1))
    cases = marked if len(marked) else np.arange(len(truth))
    return [int(n) for n in cases[:: max(1, len(cases) // _SHOWN)][:_SHOWN]]
