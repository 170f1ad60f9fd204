"""How far readers, or methods, agree beyond chance."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError, unknown
from cancergan.metrics.arrays import Float64, finite

Model = Literal["one-way", "agreement", "consistency"]


def fleiss_kappa(counts: npt.ArrayLike) -> float:
    """Agreement of several readers on categories beyond chance (Fleiss 1971).

    ``counts`` (cases, categories) says how many readers chose what; every case has the same number
    of readers, 2 or more. At most 1; 0 is chance, below 0 is less.

    Raises:
        BadInputError: unequal readers, or a single category was ever chosen.
    """
    table = finite(counts, "counts")
    if table.ndim != 2 or not table.size or (table < 0).any():
        raise BadInputError(f"counts of shape {table.shape}: must be (cases, categories), from 0.")
    readers = table.sum(1)
    if readers[0] < 2 or (readers != readers[0]).any():
        raise BadInputError("counts: every case needs the same number of readers, 2 or more.")
    n = readers[0]
    shares = table.sum(0) / table.sum()
    by_chance = float((shares**2).sum())
    if (shares == 1).any():
        raise BadInputError("counts: all readers chose one category, so chance explains it all.")
    observed = float(((table**2).sum(1) - n).mean() / (n * (n - 1)))
    return (observed - by_chance) / (1 - by_chance)


def cohen_kappa(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Agreement of two series of whole numbers (n,) beyond chance (Cohen 1960).

    At most 1; 0 is chance. Equal to scikit-learn's ``cohen_kappa_score`` and some fifty times
    faster, which a bootstrap needs.

    Raises:
        BadInputError: no or unequal numbers of answers, or one answer explains both series.

    >>> cohen_kappa([0, 0, 1, 1], [0, 1, 1, 1])
    0.5
    """
    one, two = finite(first, "first").astype(int), finite(second, "second").astype(int)
    if one.ndim != 1 or one.shape != two.shape or not len(one):
        raise BadInputError(f"first {one.shape} and second {two.shape} must be (n,), n 1 or more.")
    least = min(one.min(), two.min())
    size = max(one.max(), two.max()) - least + 1
    shares = [np.bincount(side - least, minlength=size) / len(side) for side in (one, two)]
    by_chance = float(shares[0] @ shares[1])
    if by_chance == 1:
        raise BadInputError("both series hold one answer alone, so chance explains it all.")
    return float(((one == two).mean() - by_chance) / (1 - by_chance))


def icc(ratings: npt.ArrayLike, *, model: Model = "agreement", averaged: bool = False) -> float:
    """Intraclass correlation of ratings (cases, readers) (Shrout and Fleiss 1979).

    Args:
        ratings: complete, of at least 2 cases and 2 readers.
        model: "one-way" is ICC(1), readers differ from case to case; "agreement" is ICC(2), readers
            are a sample and their offsets count as disagreement; "consistency" is ICC(3), offsets
            are forgiven.
        averaged: of the mean of all readers, ICC(., k), instead of a single one.

    Returns:
        At most 1, which is perfect; below 0 where cases differ less than readers.

    Raises:
        BadInputError: too few, NaN, or ratings that do not vary.
    """
    table = finite(ratings, "ratings")
    if table.ndim != 2 or min(table.shape) < 2:
        raise BadInputError(f"ratings of shape {table.shape}: needs 2 cases and 2 readers or more.")
    if model not in ("one-way", "agreement", "consistency"):
        raise unknown("model", model, ("one-way", "agreement", "consistency"))
    (n, k), (between, within, readers, error) = table.shape, _mean_squares(table)
    noise, spread, offset = {
        "one-way": (within, within, 0.0),
        "agreement": (error, error, (readers - error) / n),
        "consistency": (error, error, 0.0),
    }[model]
    below = between + offset if averaged else between + (k - 1) * spread + k * offset
    if below == 0:
        raise BadInputError("ratings do not vary: there is nothing to agree on.")
    return float((between - noise) / below)


def ccc(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Concordance correlation coefficient 2 s_xy / (s_x^2 + s_y^2 + (m_x - m_y)^2) (Lin 1989).

    Paired values (n,), moments divided by n. In [-1, 1]; 1 only on the line y = x.

    >>> round(ccc([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]), 9)
    0.571428571
    """
    first, second = finite(x, "x"), finite(y, "y")
    if first.ndim != 1 or first.shape != second.shape or len(first) < 2:
        raise BadInputError(f"x {first.shape} and y {second.shape} must be (n,), n 2 or more.")
    gap = first.mean() - second.mean()
    below = first.var() + second.var() + gap**2
    if below == 0:
        raise BadInputError("x and y are one constant: concordance is undefined.")
    return float(2 * ((first - first.mean()) * (second - second.mean())).mean() / below)


def _mean_squares(table: Float64) -> tuple[float, float, float, float]:
    """Return the mean squares between cases, within cases, between readers, and residual."""
    n, k = table.shape
    centred = table - table.mean()
    cases, readers = centred.mean(1, keepdims=True), centred.mean(0, keepdims=True)
    return (
        float(k * (cases**2).sum() / (n - 1)),
        float(((centred - cases) ** 2).sum() / (n * (k - 1))),
        float(n * (readers**2).sum() / (k - 1)),
        float(((centred - cases - readers) ** 2).sum() / ((n - 1) * (k - 1))),
    )
