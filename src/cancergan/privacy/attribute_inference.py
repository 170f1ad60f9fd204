"""Attribute inference: what a release lets an adversary say of a member that anybody could not.

Sex, age or centre can often be read off an image by a model that was trained on others; that is
correlation, and no release is to blame for it. What a release gives away of its members is what it
tells of them beyond the public model, and beyond what it tells in that way of people who were not
in it.

Sources: Stadler et al. 2022 ("Synthetic data: anonymisation groundhog day"), section 5.3; Jayaraman
and Evans 2022 ("Are attribute inference attacks just imputation?"), for the baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial.distance import cdist

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, Integers
from cancergan.metrics.classification import auc

NEIGHBOURS = 5
BANDS = 3
MOST_CATEGORIES = 10
_NOWHERE = 1e-12

Floats = npt.NDArray[np.float32]
Features = Callable[[Floats], Float64]


@dataclass(frozen=True)
class Categories:
    """An attribute as classes: names, and for numbers the edges between bands."""

    names: tuple[str, ...]
    edges: tuple[float, ...] = ()

    @classmethod
    def of(cls, known: Sequence[object], *, bands: int = BANDS) -> Categories:
        """Return the classes of an attribute as the public knows it.

        Numbers of more than ``MOST_CATEGORIES`` different values become bands of equal counts.

        Raises:
            BadInputError: more categories than that, or fewer than 2.
        """
        values = pd.Series(list(known), dtype=object).dropna()
        numbers = pd.to_numeric(values, errors="coerce")
        if numbers.notna().all() and values.nunique() > MOST_CATEGORIES:
            inner = np.quantile(numbers.to_numpy(float), np.arange(1, bands) / bands)
            edges = tuple(float(edge) for edge in np.unique(inner))
            ends = [f"{edge:g}" for edge in edges]
            said = [f"to {ends[0]}", *(f"{low} to {high}" for low, high in pairwise(ends))]
            return cls((*said, f"above {ends[-1]}"), edges)
        names = tuple(sorted(str(value) for value in values.unique()))
        if not 2 <= len(names) <= MOST_CATEGORIES:
            raise BadInputError(
                f"{len(names)} categories: an attribute to infer has 2 to {MOST_CATEGORIES}."
            )
        return cls(names)

    def codes(self, values: Sequence[object]) -> Integers:
        """Return the class of each value (n,); -1 where it is missing or not one of them."""
        column = pd.Series(list(values), dtype=object)
        if self.edges:
            numbers = pd.to_numeric(column, errors="coerce").to_numpy(float)
            found = np.searchsorted(self.edges, numbers, side="left")
            return np.where(np.isnan(numbers), -1, found).astype(np.int64)
        place = {name: code for code, name in enumerate(self.names)}
        said = [-1 if pd.isna(value) else place.get(str(value), -1) for value in column]
        return np.array(said, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Readings:
    """Probabilities of each class (n, K): of the public alone, and with the release at hand."""

    public: Float64
    released: Float64


def read_attribute(
    features: Features,
    known: Floats,
    known_codes: Integers,
    made: Floats,
    made_codes: Integers | None,
    asked: Floats,
    *,
    classes: int,
) -> Readings:
    """Return what an adversary says of the attribute of asked cases (n, C, *spatial).

    The public model is a logistic regression on features of known cases, which are in no release.
    Where the release says the attribute of its synthetic cases (``made_codes``), the adversary
    believes the nearest of them, the more the nearer they lie compared with the nearest known case:
    an exact copy is believed alone. Where it does not (None), the adversary has only a coarse view
    of the person, and completes it by the nearest synthetic image, from which the public model
    reads.
    """
    if made_codes is None:
        coarse_known, coarse_made, coarse_asked = (_coarse(a) for a in (known, made, asked))
        public = _model(coarse_known, known_codes, classes)(coarse_asked)
        full = _model(features(known), known_codes, classes)(features(made))
        vote, nearness = _vote(coarse_asked, coarse_made, full, coarse_known)
    else:
        seen_known, seen_made, seen_asked = (features(a) for a in (known, made, asked))
        scale = seen_known.std(axis=0) + 1e-9
        public = _model(seen_known, known_codes, classes)(seen_asked)
        said = made_codes >= 0
        vote, nearness = _vote(
            seen_asked / scale, seen_made[said] / scale, np.eye(classes)[made_codes[said]],
            seen_known / scale,
        )  # fmt: skip
    weight = nearness[:, None]
    return Readings(public, (1 - weight) * public + weight * vote)


def members_beyond_others(rows: npt.NDArray[np.float64]) -> float:
    """Return the AUC among members less that among others; rows are (side, truth, K chances)."""
    return area_of(rows, side=1) - area_of(rows, side=0)


def area_of(rows: npt.NDArray[np.float64], *, side: int) -> float:
    """Return the AUC of one side (1 members, 0 others), one against the rest beyond two classes."""
    here = rows[rows[:, 0] == side]
    return auc(here[:, 1].astype(int), here[:, 2:])


def _vote(asked: Float64, made: Float64, said: Float64, known: Float64) -> tuple[Float64, Float64]:
    """Return what the nearest synthetic cases say (n, K), and how far they are to be believed."""
    distance = cdist(asked, made)
    nearest = np.argsort(distance, axis=1)[:, :NEIGHBOURS]
    near = np.take_along_axis(distance, nearest, axis=1)
    weights = 1 / np.maximum(near, _NOWHERE) ** 2
    vote = (weights[:, :, None] * said[nearest]).sum(axis=1) / weights.sum(axis=1)[:, None]
    common = cdist(asked, known).min(axis=1) ** 2
    return vote, common / (common + near[:, 0] ** 2 + _NOWHERE)


def _coarse(images: Floats) -> Float64:
    """Return images as a bystander sees them: the means of a grid of 4 by 4 (by 4) places."""
    import torch
    from torch.nn import functional

    pictures = torch.from_numpy(np.ascontiguousarray(images))
    pool = functional.adaptive_avg_pool3d if pictures.ndim == 5 else functional.adaptive_avg_pool2d
    return np.asarray(pool(pictures, 4).flatten(1).double().numpy())


def _model(seen: Float64, codes: Integers, classes: int) -> Callable[[Float64], Float64]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    there = codes >= 0
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    model.fit(seen[there], codes[there])

    def chances(asked: Float64) -> Float64:
        found = np.zeros((len(asked), classes))
        found[:, model.classes_] = model.predict_proba(asked)
        return found

    return chances
