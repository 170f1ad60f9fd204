"""Two-sample tests that are exact for any number of features: the largest statistic, permuted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.core.seeds import derive_seed, numpy_generator

Integers = npt.NDArray[np.int64]
# A difference is never told as more sure than this many spreads of the reference.
WIDEST = 1e3


@dataclass(frozen=True, eq=False)
class Differences:
    """Differences of two groups in several features, within strata.

    Attributes:
        value: (d,) mean of the other group less the reference's, in standard deviations within the
            reference; strata count by n1 n2 / (n1 + n2).
        low, high: (d,) ends of the interval.
        p: (d,) adjusted for looking at d features.
    """

    value: Float64
    low: Float64
    high: Float64
    p: Float64


def differences(
    reference: Float64,
    other: Float64,
    strata: tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]],
    *,
    seed: int,
    permutations: int = 1999,
    confidence: float = 0.95,
) -> Differences | None:
    """Compare two groups feature by feature; p by the largest statistic over permutations.

    Westfall and Young 1993 (single-step max T): the rows, one a patient, change groups at random
    within their stratum, so the test is exact where the groups differ in strata alone. Of features
    with missing values (NaN) only the known rows do, apart from the others: a cohort that knows
    fewer ages is not one with other ages.

    Args:
        reference, other: (n1, d) and (n2, d).
        strata: the stratum of each row, of both groups; rows of a stratum that only one group has
            are left out.
        seed: of the permutations.
        permutations: how many.
        confidence: of the intervals (normal approximation with separate variances).

    Returns:
        None where no stratum is in both groups with 3 rows in all of each group; a feature of which
        that is true has NaN throughout, and p 1.
    """
    from scipy.stats import norm

    known = ~np.isnan(reference), ~np.isnan(other)
    count = reference.shape[1]
    value, half = np.full(count, np.nan), np.full(count, np.nan)
    observed, null = np.zeros(count), np.zeros((permutations, count))
    patterns, pattern_of = np.unique(np.concatenate(known), axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        columns = np.flatnonzero(pattern_of.ravel() == number)
        mine, theirs = pattern[: len(reference)], pattern[len(reference) :]
        found = _complete(
            reference[mine][:, columns],
            other[theirs][:, columns],
            (strata[0][mine], strata[1][theirs]),
            derive_seed(seed, "pattern", number),
            permutations,
        )
        if found is not None:
            value[columns], half[columns], observed[columns], null[:, columns] = found
    if np.isnan(value).all():
        return None
    # Rounding must not make a permutation that equals the observed one count as smaller.
    largest = null.max(axis=1)[:, None] + 1e-9
    half = half * norm.ppf(0.5 + confidence / 2)
    p = (1 + (largest >= observed).sum(axis=0)) / (1 + permutations)
    return Differences(value, value - half, value + half, p)


def _complete(
    reference: Float64,
    other: Float64,
    strata: tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]],
    seed: int,
    permutations: int,
) -> tuple[Float64, Float64, Float64, Float64] | None:
    """Return value, standard error, size of the statistic and that of permutations, (d,) each."""
    rows, member, groups = _common(reference, other, strata)
    if min((member == 0).sum(), (member == 1).sum()) < 3:
        return None
    signed, share = _coefficients(member, groups)
    centred, deviation = _centred(rows, member, groups)
    value = signed @ centred
    permuted = _permuted(signed, groups, seed, permutations) @ centred
    scale = np.sqrt((permuted**2).mean(axis=0))
    scale = np.where(scale > 1e-12 * (1 + np.abs(centred).max(initial=0.0)), scale, np.inf)
    error = _standard_error(centred, member, groups, share)
    return value / deviation, error / deviation, np.abs(value) / scale, np.abs(permuted) / scale


def _common(
    reference: Float64,
    other: Float64,
    strata: tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]],
) -> tuple[Float64, Integers, Integers]:
    """Return rows, group (0 or 1) and number of the stratum, for strata that both groups have."""
    names = [np.asarray([str(name) for name in side]) for side in strata]
    both = np.intersect1d(names[0], names[1])
    keep = [np.isin(side, both) for side in names]
    rows = np.concatenate([reference[keep[0]], other[keep[1]]])
    member = np.repeat([0, 1], [int(side.sum()) for side in keep])
    groups = np.searchsorted(both, np.concatenate([names[0][keep[0]], names[1][keep[1]]]))
    return rows, member, groups.astype(np.int64)


def _coefficients(member: Integers, groups: Integers) -> tuple[Float64, Float64]:
    """Return c with c @ x the weighted difference of means, and each row's share in its mean."""
    counts = np.array(
        [np.bincount(groups[member == side], minlength=groups.max() + 1) for side in (0, 1)]
    )
    weights = counts[0] * counts[1] / counts.sum(axis=0)
    weights = weights / weights.sum()
    share = weights[groups] / counts[member, groups]
    return np.where(member == 1, share, -share), share


def _centred(rows: Float64, member: Integers, groups: Integers) -> tuple[Float64, Float64]:
    """Return rows less their stratum's mean, and the reference's deviation within strata."""
    centred = rows - _stratum_means(rows, groups)
    mine = member == 0
    inner = rows[mine] - _stratum_means(rows[mine], groups[mine])
    spare = max(int(mine.sum()) - len(np.unique(groups[mine])), 1)
    deviation = np.sqrt((inner**2).sum(axis=0) / spare)
    overall = np.sqrt((centred**2).mean(axis=0))
    deviation = np.maximum(deviation, overall / WIDEST)
    return centred, np.where(deviation > 0, deviation, 1.0)


def _stratum_means(rows: Float64, groups: Integers) -> Float64:
    """Return for each row the mean of its stratum."""
    means = np.zeros_like(rows)
    for group in np.unique(groups):
        means[groups == group] = rows[groups == group].mean(axis=0)
    return means


def _permuted(signed: Float64, groups: Integers, seed: int, count: int) -> Float64:
    """Return the shares with the rows of each stratum in random order: (count, n)."""
    random = numpy_generator(seed, "permutations")
    permuted = np.tile(signed, (count, 1))
    for group in np.unique(groups):
        here = np.flatnonzero(groups == group)
        permuted[:, here] = random.permuted(permuted[:, here], axis=1)
    return permuted


def _standard_error(
    centred: Float64, member: Integers, groups: Integers, share: Float64
) -> Float64:
    """Return the standard error of the difference, (d,): separate variances of the two groups."""
    variance = np.zeros(centred.shape[1])
    for side in (0, 1):
        mine, strata = centred[member == side], groups[member == side]
        residual = mine - _stratum_means(mine, strata)
        spare = max(len(mine) - len(np.unique(strata)), 1)
        variance += (residual**2).sum(axis=0) / spare * (share[member == side] ** 2).sum()
    return np.sqrt(variance)
