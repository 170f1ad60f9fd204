"""Which known cases are most like a new one, and how often they are of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.downstream.batches import Float64, Integers


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest known cases of each query.

    Attributes:
        rows: (queries, k) of the known cases, the nearest first.
        distances: (queries, k), in the spread of the known cases' features.
    """

    rows: Integers
    distances: Float64


def nearest(
    queries: npt.ArrayLike,
    known: npt.ArrayLike,
    k: int,
    *,
    query_units: Sequence[str] | None = None,
    known_units: Sequence[str] | None = None,
) -> Neighbours:
    """Return the k nearest of known features (m, d) for each query (n, d), by Euclidean distance.

    Every feature is first divided by its spread among the known cases; one that does not vary is
    left out. Cases of the query's own patient do not count.

    Raises:
        BadInputError: features of other lengths, or fewer than k cases of other patients.
    """
    new, old = np.asarray(queries, np.float64), np.asarray(known, np.float64)
    if new.ndim != 2 or old.ndim != 2 or new.shape[1] != old.shape[1]:
        raise BadInputError(f"features {new.shape} and {old.shape} are not (n, d) and (m, d).")
    spread = old.std(axis=0)
    varies = spread > 1e-12
    new, old = new[:, varies] / spread[varies], old[:, varies] / spread[varies]
    squares = (new**2).sum(axis=1)[:, None] + (old**2).sum(axis=1) - 2 * new @ old.T
    distances = np.sqrt(np.maximum(squares, 0.0))
    if query_units is not None and known_units is not None:
        same = np.asarray(query_units, str)[:, None] == np.asarray(known_units, str)
        distances[same] = np.inf
    fewest = int(np.isfinite(distances).sum(axis=1).min())
    if not 1 <= k <= fewest:
        raise BadInputError(
            f"k is {k}, and there are {fewest} known cases of other patients. Ask for 1 to "
            f"{fewest}."
        )
    rows = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return Neighbours(rows.astype(np.int64), np.take_along_axis(distances, rows, axis=1))


def precision_at_k(
    found: Neighbours, query_labels: Sequence[object], known_labels: Sequence[object]
) -> Float64:
    """Return the share of each query's neighbours that are of its class, (queries,)."""
    wanted = np.asarray(query_labels, str)[:, None]
    return np.asarray((np.asarray(known_labels, str)[found.rows] == wanted).mean(axis=1))


def linear_probe(
    known: npt.ArrayLike, labels: Sequence[object], queries: npt.ArrayLike
) -> npt.NDArray[np.str_]:
    """Return the classes (n,) that logistic regression on known features gives to queries (n, d).

    Classes weigh alike; the penalty is scikit-learn's default on standardised features.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000)
    )
    model.fit(np.asarray(known, np.float64), np.asarray(labels, str))
    return np.asarray(model.predict(np.asarray(queries, np.float64)), str)
