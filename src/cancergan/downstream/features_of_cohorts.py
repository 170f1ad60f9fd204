"""Features of whole cohorts: streamed where they do not fit in memory, kept where they are slow.

A cohort is read a few cases at a time; moments need no more memory than the features' covariance.
Kept features are found again by the fingerprints of cohort, preparation and space, so a file that
is found is right, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_file
from cancergan.core.provenance import fingerprint
from cancergan.downstream.batches import Float64
from cancergan.downstream.feature_space import FeatureSpace
from cancergan.metrics.moments import Moments

PART = 64


def parts_of_features(
    cohort: Cohort, preparation: Preparation, space: FeatureSpace, *, part: int = PART
) -> Iterator[Float64]:
    """Yield the features of a cohort, ``part`` cases at a time, read when they are needed.

    Raises:
        BadInputError: a case that cannot be prepared; named.
    """
    for start in range(0, len(cohort), part):
        rows = range(start, min(start + part, len(cohort)))
        yield space.features(np.stack([preparation.apply(cohort[row]) for row in rows]))


def moments_of(
    cohort: Cohort, preparation: Preparation, space: FeatureSpace, *, part: int = PART
) -> Moments:
    """Return mean and covariance of a cohort's features in bounded memory, for Fréchet distances.

    Raises:
        BadInputError: no cases, or a case that cannot be prepared.
    """
    moments: Moments | None = None
    for features in parts_of_features(cohort, preparation, space, part=part):
        moments = moments or Moments(features.shape[1])
        moments.update(features)
    if moments is None:
        raise BadInputError(f"{cohort.origin}: has no cases.")
    return moments


def kept_features(
    cohort: Cohort, preparation: Preparation, space: FeatureSpace, folder: Path
) -> Float64:
    """Return the features (n, d) of a cohort, from ``folder`` where they were computed before.

    Raises:
        BadInputError: a case that cannot be prepared, or a kept file that is damaged.
    """
    key = fingerprint(cohort.fingerprint, preparation.fingerprint, space.fingerprint)
    path = folder / f"{space.name}-{key}.npy"
    if path.exists():
        return _read(path, len(cohort))
    features = np.concatenate(list(parts_of_features(cohort, preparation, space)))
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, features, allow_pickle=False)
    return features


def _read(path: Path, cases: int) -> Float64:
    try:
        features = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise BadInputError(f"{path}: is damaged ({error}). Delete it.") from None
    if features.ndim != 2 or len(features) != cases or features.dtype != np.float64:
        raise BadInputError(f"{path}: holds {features.shape}, not {cases} cases. Delete it.")
    return np.asarray(features)
