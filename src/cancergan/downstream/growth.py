"""Growth foretold without a network: nothing changes, or Gompertz's law through two volumes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.downstream.batches import Float64

_DECAY = (1e-5, 0.2)  # per day: from nearly exponential to grown within weeks


def gompertz_volume(
    volumes: npt.ArrayLike, days: npt.ArrayLike, when: npt.ArrayLike, decay: float
) -> Float64:
    """Return the volume at times ``when`` (n,) of growth through two volumes (n, 2).

    With V(t) = V1 exp(A (1 - exp(-b (t - t1)))) two volumes determine A once the decay b (per day)
    is known. ``days`` (n, 2) are the times of the volumes; units of volume stay.

    Raises:
        BadInputError: volumes that are not positive, or times that do not increase.

    >>> gompertz_volume([[1.0, 2.0]], [[0, 10]], [10], decay=0.01).round(6).tolist()
    [2.0]
    """
    seen, at = np.asarray(volumes, float), np.asarray(days, float)
    if (seen <= 0).any() or (np.diff(at, axis=1) <= 0).any():
        raise BadInputError("growth needs two volumes above 0, the second later than the first.")
    grown = np.log(seen[:, 1] / seen[:, 0]) / -np.expm1(-decay * (at[:, 1] - at[:, 0]))
    later = -np.expm1(-decay * (np.asarray(when, float) - at[:, 0]))
    return np.asarray(seen[:, 0] * np.exp(grown * later))


def fitted_decay(
    volumes: npt.ArrayLike, days: npt.ArrayLike, later: npt.ArrayLike, when: npt.ArrayLike
) -> float:
    """Return the decay per day with the least squared error of log volumes of other patients.

    Two volumes of a patient (n, 2) leave one number of Gompertz's law open; it is the one that
    foretells best the ``later`` volumes (n,) of patients whose course is known.
    """
    from scipy.optimize import minimize_scalar

    truth = np.log(np.asarray(later, float))

    def error(log_decay: float) -> float:
        found = gompertz_volume(volumes, days, when, float(np.exp(log_decay)))
        return float(np.square(np.log(found) - truth).mean())

    bounds = (float(np.log(_DECAY[0])), float(np.log(_DECAY[1])))
    return float(np.exp(minimize_scalar(error, bounds=bounds, method="bounded").x))


def scaled_depth(depth: npt.ArrayLike, factor: float) -> Float64:
    """Return a depth map (*spatial), positive inside, of the same shape ``factor`` times as wide.

    It keeps its middle. Where nothing is inside, nothing will be.
    """
    from scipy.ndimage import affine_transform, center_of_mass

    values = np.asarray(depth, float)
    inside = values > 0
    if not inside.any():
        return values
    middle = np.asarray(center_of_mass(inside))
    scale = np.full(values.ndim, 1 / factor)
    moved = affine_transform(values, scale, offset=middle * (1 - scale), order=1, mode="nearest")
    return np.asarray(moved * factor)
