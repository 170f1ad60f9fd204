"""What metrics take: features and labels, checked once and brought to float64."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError, CancerganWarning

Float64 = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def finite(values: npt.ArrayLike, name: str) -> Float64:
    """Return a float64 copy or view of an array, or of a torch tensor on any device, without NaN.

    Raises:
        BadInputError: it holds NaN or infinity.
    """
    array = np.asarray(on_the_host(values), dtype=np.float64)
    if not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0][0]) if array.ndim else 0
        raise BadInputError(f"{name}, row {row}: NaN or infinity. Repair or leave out that case.")
    return array


def on_the_host(values: npt.ArrayLike) -> npt.ArrayLike:
    """Return a tensor on the CPU, detached and in float64, for NumPy; an array as it is."""
    return values.detach().cpu().double() if hasattr(values, "detach") else values


def features(values: npt.ArrayLike, name: str, *, at_least: int = 1) -> Float64:
    """Return features as a float64 array (n, d) of ``at_least`` cases.

    Raises:
        BadInputError: not two-dimensional, too few cases, or not finite.
    """
    array = finite(values, name)
    if array.ndim != 2 or array.shape[1] == 0:
        raise BadInputError(f"{name}: shape {array.shape}, must be (cases, features). Reshape it.")
    if len(array) < at_least:
        raise BadInputError(f"{name}: {len(array)} cases, needs {at_least}. Give it more cases.")
    return array


def feature_pair(
    real: npt.ArrayLike, synthetic: npt.ArrayLike, *, at_least: int = 1
) -> tuple[Float64, Float64]:
    """Return features (n, d) and (m, d) of one space, as float64; warn of a side that is constant.

    Raises:
        BadInputError: either is not usable, or they differ in d.
    """
    first = features(real, "real features", at_least=at_least)
    second = features(synthetic, "synthetic features", at_least=at_least)
    if first.shape[1] != second.shape[1]:
        raise BadInputError(
            f"real features have {first.shape[1]} dimensions, synthetic ones {second.shape[1]}. "
            "Compute both in one feature space."
        )
    for side, name in ((first, "real"), (second, "synthetic")):
        if len(side) > 1 and (side == side[0]).all():
            warnings.warn(
                f"the {len(side)} {name} cases have the same features: one image over and over, or "
                "an encoder that died. Look at both.",
                CancerganWarning,
                stacklevel=3,
            )
    return first, second
