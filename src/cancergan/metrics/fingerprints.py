"""Fingerprints of molecules: bits that say which substructures there are, and how alike two are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64

Bits = npt.NDArray[np.bool_]


def tanimoto(one: npt.ArrayLike, other: npt.ArrayLike) -> Float64:
    """Return the Tanimoto coefficient of every pair of rows, (n, m) in [0, 1].

    Bits of both over bits of either (Rogers and Tanimoto 1960); 1 where neither has any.

    Raises:
        BadInputError: values other than 0 and 1, or fingerprints of different lengths.

    >>> tanimoto([[1, 1, 0]], [[1, 0, 0], [0, 0, 1]]).tolist()
    [[0.5, 0.0]]
    """
    first, second = bits(one).astype(float), bits(other).astype(float)
    if first.shape[1] != second.shape[1]:
        raise BadInputError(
            f"fingerprints of {first.shape[1]} and {second.shape[1]} bits cannot be compared."
        )
    both = first @ second.T
    either = first.sum(1)[:, None] + second.sum(1)[None] - both
    alike: Float64 = np.where(either > 0, both / np.maximum(either, 1), 1.0)
    return alike


def bits(values: npt.ArrayLike) -> Bits:
    """Return fingerprints (n, bits) as booleans.

    Raises:
        BadInputError: another shape, or values other than 0 and 1.
    """
    found = np.asarray(values)
    if found.ndim != 2 or not np.isin(found, (0, 1)).all():
        raise BadInputError(
            f"fingerprints of shape {found.shape}: must be (compounds, bits) of 0 and 1."
        )
    return np.asarray(found.astype(bool))


def implications(known: npt.ArrayLike, *, least: int = 10) -> Bits:
    """Return (bits, bits): True where the row's bit never stands without the column's.

    Substructures hold one another, so many bits come together; a fingerprint that breaks such a
    rule of all known compounds is hardly one of a molecule. Only bits that at least ``least``
    compounds have can rule.
    """
    found = bits(known).astype(int)
    counts = found.sum(axis=0)
    rules = (found.T @ found == counts[:, None]) & (counts >= least)[:, None]
    np.fill_diagonal(rules, False)
    return np.asarray(rules)


def keeps(fingerprints: npt.ArrayLike, rules: Bits) -> Bits:
    """Return (n,): whether each fingerprint breaks none of the rules of ``implications``.

    >>> keeps([[1, 1], [1, 0]], np.array([[False, True], [False, False]])).tolist()
    [True, False]
    """
    there = bits(fingerprints).astype(int)
    broken = (there @ rules.astype(int) > 0) & (there == 0)
    return np.asarray(~broken.any(axis=1))
