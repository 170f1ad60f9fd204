"""How alike two tables are: column by column, and in what their columns have to do with another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError

Float64 = npt.NDArray[np.float64]


def marginal_distances(real: npt.ArrayLike, synthetic: npt.ArrayLike) -> Float64:
    """Return the 1-Wasserstein distance of each column, (d,), of rows (n, d) and (m, d).

    In units of the column: the area between the two distribution functions. 0 for equal columns;
    of columns that differ by a shift c it is |c|.

    Raises:
        BadInputError: other numbers of columns, or no rows.

    >>> marginal_distances([[0.0], [1.0]], [[3.0], [2.0]])
    array([2.])
    """
    from scipy.stats import wasserstein_distance

    first, second = _rows(real, synthetic)
    return np.array(
        [wasserstein_distance(one, other) for one, other in zip(first.T, second.T, strict=True)]
    )


def correlation_difference(real: npt.ArrayLike, synthetic: npt.ArrayLike) -> float:
    """Return the mean absolute difference of the Pearson correlations of all pairs of columns.

    Rows (n, d) and (m, d); in [0, 2], 0 is best. A constant column correlates with nothing (0). One
    column has no pairs: 0.

    Raises:
        BadInputError: other numbers of columns, or fewer than two rows.
    """
    first, second = _rows(real, synthetic)
    if min(len(first), len(second)) < 2:
        raise BadInputError("correlations need at least 2 rows on each side.")
    pairs = np.triu_indices(first.shape[1], k=1)
    if not len(pairs[0]):
        return 0.0
    return float(np.abs(correlations(first)[pairs] - correlations(second)[pairs]).mean())


def correlations(rows: Float64) -> Float64:
    """Return the (d, d) Pearson correlations of rows (n, d); 0 where a column is constant."""
    centred = rows - rows.mean(axis=0)
    scale = np.sqrt((centred**2).sum(axis=0))
    # What rounding leaves of a constant column is not a scale.
    constant = scale <= 1e-12 * np.maximum(1.0, np.abs(rows).max(axis=0)) * np.sqrt(len(rows))
    unit = np.where(constant, 0.0, centred / np.where(constant, 1.0, scale))
    return np.asarray(unit.T @ unit)


def _rows(real: npt.ArrayLike, synthetic: npt.ArrayLike) -> tuple[Float64, Float64]:
    first, second = (np.asarray(rows, dtype=np.float64) for rows in (real, synthetic))
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise BadInputError(
            f"tables of shapes {first.shape} and {second.shape}: give equal columns."
        )
    if not (len(first) and len(second)):
        raise BadInputError("a table without rows has no distribution.")
    return first, second
