"""Fréchet radiomics distance, in each of the published variants under its own name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError, unknown
from cancergan.metrics.arrays import Float64, on_the_host
from cancergan.metrics.frechet import frechet_distance

Variant = Literal["v0", "v0_joint", "v1", "v1_paper"]

# The range of Inception's features, which version 0 gives to radiomic ones.
TOP = 7.45670747756958


@dataclass(frozen=True)
class FrechetRadiomics:
    """A distance and what it was taken over.

    Attributes:
        value: on the scale of its variant; never compare two variants.
        variant: which one.
        used: names of the features that counted.
        dropped: features that did not count, and why.
    """

    value: float
    variant: Variant
    used: tuple[str, ...]
    dropped: Mapping[str, str]


def frechet_radiomics_distance(
    real: npt.ArrayLike,
    synthetic: npt.ArrayLike,
    *,
    variant: Variant = "v1",
    names: Sequence[str] | None = None,
) -> FrechetRadiomics:
    """Compare the radiomic features of two cohorts, (n, d) and (m, d), n and m at least 2.

    With d^2 the squared Fréchet distance of the features that every case has and that vary:

    - "v1": log d^2, of features with mean 0 and variance 1 on the real side, as the program of
      Konz, Osuala et al. 2024 calculates it.
    - "v1_paper": log d, as eq. 3 of their paper prints it: half of "v1".
    - "v0": d^2, of features that are stretched to 0 to 7.457 on each side by itself (Osuala et al.
      2024). So it does not see a shift or a scale that all cases of a side share.
    - "v0_joint": d^2, stretched on both sides together.

    Equal cohorts have 0, or minus infinity where a logarithm is taken. Like every Fréchet distance,
    it is biased upwards where cases are few for the features.

    Raises:
        BadInputError: shapes that do not fit, fewer than 2 cases, an unknown variant, or no feature
            that could be used.
    """
    if variant not in get_args(Variant):
        raise unknown("variant of the distance", variant, get_args(Variant))
    first, second = _pair(real, synthetic)
    columns = tuple(names) if names is not None else tuple(map(str, range(first.shape[1])))
    if len(columns) != first.shape[1]:
        raise BadInputError(f"{len(columns)} names for {first.shape[1]} features. Name each.")
    dropped = dropped_features(first, second, columns, both_must_vary=variant == "v0")
    kept = [i for i, name in enumerate(columns) if name not in dropped]
    if not kept:
        raise BadInputError("no radiomic feature is defined in all cases and varies. Check both.")
    scaled = _scaled(first[:, kept], second[:, kept], variant)
    squared = frechet_distance(*scaled, allow_biased=True)
    used = tuple(columns[i] for i in kept)
    return FrechetRadiomics(_on_the_scale(squared, variant), variant, used, dropped)


def dropped_features(
    real: Float64, synthetic: Float64, names: Sequence[str], *, both_must_vary: bool = False
) -> dict[str, str]:
    """Return the features that cannot be compared, with the reason."""
    dropped = {}
    for name, first, second in zip(names, real.T, synthetic.T, strict=True):
        lacking = {"real": ~np.isfinite(first), "synthetic": ~np.isfinite(second)}
        undefined = [
            f"{int(lack.sum())} of {len(lack)} {side} cases"
            for side, lack in lacking.items()
            if lack.any()
        ]
        if undefined:
            dropped[name] = f"undefined in {' and '.join(undefined)}"
        elif np.ptp(first) == 0:
            dropped[name] = "constant in the real cases"
        elif both_must_vary and np.ptp(second) == 0:
            dropped[name] = "constant in the synthetic cases"
    return dropped


def _pair(real: npt.ArrayLike, synthetic: npt.ArrayLike) -> tuple[Float64, Float64]:
    first, second = (np.asarray(on_the_host(side), dtype=np.float64) for side in (real, synthetic))
    for side, array in (("real", first), ("synthetic", second)):
        if array.ndim != 2 or len(array) < 2:
            raise BadInputError(
                f"{side} features of shape {array.shape}: must be (cases, features), "
                "2 cases or more."
            )
    if first.shape[1] != second.shape[1]:
        raise BadInputError(
            f"real cases have {first.shape[1]} features, synthetic ones {second.shape[1]}. "
            "Measure both with the same settings."
        )
    return first, second


def _scaled(real: Float64, synthetic: Float64, variant: Variant) -> tuple[Float64, Float64]:
    if variant in ("v1", "v1_paper"):
        mean, deviation = real.mean(0), real.std(0)
        return (real - mean) / deviation, (synthetic - mean) / deviation
    if variant == "v0":
        return _stretched(real, real), _stretched(synthetic, synthetic)
    both = np.concatenate([real, synthetic])
    return _stretched(real, both), _stretched(synthetic, both)


def _stretched(cases: Float64, over: Float64) -> Float64:
    stretched: Float64 = (cases - over.min(0)) / np.ptp(over, axis=0) * TOP
    return stretched


def _on_the_scale(squared: float, variant: Variant) -> float:
    if variant in ("v0", "v0_joint"):
        return squared
    logarithm = float(np.log(squared)) if squared > 0 else -np.inf
    return logarithm / 2 if variant == "v1_paper" else logarithm
