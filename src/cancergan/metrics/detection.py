"""How many lesions a detector finds, and at the price of how many false alarms an image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, finite, on_the_host

LUNA16_RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


def froc(
    scores: npt.ArrayLike, lesions: npt.ArrayLike, *, n_lesions: int, n_images: int
) -> tuple[Float64, Float64]:
    """Free-response receiver operating characteristic: (false positives an image, sensitivity).

    One point per distinct score, from the strictest threshold to the laxest, after the origin
    (Bunch et al. 1978). Candidates have a score (c,) and the number (c,) of the lesion of the whole
    test set that they hit, -1 for none. A lesion hit twice counts once, and is no false positive.

    Raises:
        BadInputError: no lesions or images, or a candidate names a lesion that does not exist.
    """
    score, hit = _candidates(scores, lesions, n_lesions, n_images)
    order = np.argsort(-score, kind="stable")
    score, hit = score[order], hit[order]
    found = np.zeros(len(hit), dtype=bool)
    found[np.unique(hit, return_index=True)[1]] = True
    last_of_its_score = np.append(score[1:] != score[:-1], True)[: len(score)]
    false_positives = np.cumsum(hit == -1)[last_of_its_score]
    sensitivity = np.cumsum(found & (hit >= 0))[last_of_its_score]
    return np.append(0.0, false_positives) / n_images, np.append(0.0, sensitivity) / n_lesions


def cpm(
    scores: npt.ArrayLike,
    lesions: npt.ArrayLike,
    *,
    n_lesions: int,
    n_images: int,
    rates: Sequence[float] = LUNA16_RATES,
) -> float:
    """Competition performance metric: mean sensitivity at 1/8 to 8 false positives an image.

    Niemeijer et al. 2011; Setio et al. 2017 (LUNA16). The sensitivity at a rate is the highest
    that a threshold with at most that many false positives reaches: never interpolated upwards. In
    [0, 1], 1 is best. Arguments as of ``froc``.
    """
    false_positives, sensitivity = froc(scores, lesions, n_lesions=n_lesions, n_images=n_images)
    reached = [sensitivity[false_positives <= rate].max() for rate in rates]
    return float(np.mean(reached))


def _candidates(
    scores: npt.ArrayLike, lesions: npt.ArrayLike, n_lesions: int, n_images: int
) -> tuple[Float64, npt.NDArray[np.int64]]:
    score, hit = finite(scores, "scores"), np.asarray(on_the_host(lesions), dtype=np.int64)
    if score.ndim != 1 or score.shape != hit.shape:
        raise BadInputError(f"scores {score.shape} and lesions {hit.shape} must both be (n,).")
    if n_lesions < 1 or n_images < 1:
        raise BadInputError(f"{n_lesions} lesions in {n_images} images: FROC needs one of each.")
    if len(hit) and (hit.min() < -1 or hit.max() >= n_lesions):
        raise BadInputError(
            f"lesions reach from {hit.min()} to {hit.max()}, must be -1 to {n_lesions - 1}."
        )
    return score, hit
