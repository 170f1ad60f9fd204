"""Two-sample tests that are exact for any number of features: the largest statistic, permuted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort.case import Float64
from cancergan.core.seeds import numpy_generator

Bool = npt.NDArray[np.bool_]
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
    within their stratum, so the test is exact where the groups differ in strata alone. Missing
    values (NaN) do not count, in the data or in the permutations.

    Args:
        reference, other: (n1, d) and (n2, d).
        strata: the stratum of each row, of both groups; rows of a stratum that only one group has
            are left out.
        seed: of the permutations.
        permutations: how many.
        confidence: of the intervals (normal approximation with separate variances).

    Returns:
        None where no stratum is in both groups with 3 rows in all of each group.
    """
    rows, member, groups = _common(reference, other, strata)
    if min((member == 0).sum(), (member == 1).sum()) < 3:
        return None
    signed, share = _coefficients(member, groups)
    known = ~np.isnan(rows)
    centred, deviation = _centred(rows, member, groups)
    value = _difference(signed[None], centred, known)[0]
    permuted = _difference(_permuted(signed, groups, seed, permutations), centred, known)
    scale = np.sqrt((permuted**2).mean(axis=0))
    scale = np.where(scale > 1e-12 * (1 + np.abs(centred).max(initial=0.0)), scale, np.inf)
    observed, null = np.abs(value) / scale, np.abs(permuted) / scale
    # Rounding must not make a permutation that equals the observed one count as smaller.
    largest = null.max(axis=1)[:, None] + 1e-9
    half = _half_width(centred, known, member, groups, share, confidence)
    return Differences(
        value=value / deviation,
        low=(value - half) / deviation,
        high=(value + half) / deviation,
        p=(1 + (largest >= observed).sum(axis=0)) / (1 + permutations),
    )


def _difference(signed: Float64, centred: Float64, known: Bool) -> Float64:
    """Return the other's mean less the reference's, (p, d), of known values, as ``signed`` says.

    ``signed`` (p, n) holds each row's share in the mean of its group, negative in the reference.
    """
    means = []
    for shares in (np.maximum(signed, 0), np.maximum(-signed, 0)):
        total = shares @ known if not known.all() else 1.0
        means.append((shares @ centred) / np.maximum(total, 1e-12))
    return np.asarray(means[0] - means[1])


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
    """Return rows less their stratum's mean (0 where missing), and the reference's deviation."""
    centred = np.zeros_like(rows)
    inner = np.full_like(rows, np.nan)
    for group in np.unique(groups):
        here = groups == group
        known = ~np.isnan(rows[here])
        counts = np.maximum(known.sum(axis=0), 1)
        centred[here] = np.where(
            known, rows[here] - np.where(known, rows[here], 0).sum(0) / counts, 0
        )
        mine = here & (member == 0)
        known = ~np.isnan(rows[mine])
        means = np.where(known, rows[mine], 0).sum(0) / np.maximum(known.sum(axis=0), 1)
        inner[mine] = rows[mine] - means
    variance = np.nansum(inner**2, axis=0) / np.maximum((~np.isnan(inner)).sum(axis=0) - 1, 1)
    overall = np.sqrt((centred**2).mean(axis=0))
    deviation = np.maximum(np.sqrt(variance), overall / WIDEST)
    return centred, np.where(deviation > 0, deviation, 1.0)


def _permuted(coefficients: Float64, groups: Integers, seed: int, count: int) -> Float64:
    """Return the coefficients with the rows of each stratum in random order: (count, n)."""
    random = numpy_generator(seed, "permutations")
    permuted = np.tile(coefficients, (count, 1))
    for group in np.unique(groups):
        here = np.flatnonzero(groups == group)
        permuted[:, here] = random.permuted(permuted[:, here], axis=1)
    return permuted


def _half_width(
    centred: Float64,
    known: Bool,
    member: Integers,
    groups: Integers,
    share: Float64,
    confidence: float,
) -> Float64:
    """Return half the interval's width, (d,): separate variances of the two groups."""
    from scipy.stats import norm

    variance = np.zeros(centred.shape[1])
    for side in (0, 1):
        mine, there = centred[member == side], known[member == side]
        strata, weights = groups[member == side], share[member == side][:, None] * there
        residual = np.zeros_like(mine)
        for group in np.unique(strata):
            here = strata == group
            counts = np.maximum(there[here].sum(axis=0), 1)
            residual[here] = np.where(there[here], mine[here] - mine[here].sum(axis=0) / counts, 0)
        spare = np.maximum(there.sum(axis=0) - len(np.unique(strata)), 1)
        spread = (weights**2).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-12) ** 2
        variance += (residual**2).sum(axis=0) / spare * spread
    return np.asarray(norm.ppf(0.5 + confidence / 2) * np.sqrt(variance))
