"""Dose distributions: histograms of dose and volume, their points, and the scores of OpenKBP.

Doses are (*spatial) in gray, structures and regions masks of the same shape. "D_x" is the least
dose in the hottest x percent of a structure, "V_x" its share with x gray or more. Points are
percentiles with linear interpolation, as the evaluation of OpenKBP takes them (Babier et al.
2021, Medical Physics 48:5549; ``provided_code/dose_evaluation_class.py`` of the challenge).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError
from cancergan.metrics.arrays import Float64, finite

Point = tuple[str, str]
_SMALL_CC = 0.1
_CUBIC_MILLIMETRES = 1000.0  # of one cubic centimetre


def dose_volume_histogram(
    dose: npt.ArrayLike, structure: npt.ArrayLike, gray: npt.ArrayLike
) -> Float64:
    """Cumulative histogram: the share of a structure, in [0, 1], with each of these doses or more.

    Raises:
        BadInputError: shapes differ, the structure is empty, or a dose is not finite.

    >>> dose_volume_histogram([10.0, 20.0, 30.0, 40.0], [1, 1, 1, 1], [0, 20, 35, 50]).tolist()
    [1.0, 0.75, 0.25, 0.0]
    """
    inside = np.sort(_inside(dose, structure))
    below = np.searchsorted(inside, finite(gray, "gray"), side="left")
    return 1.0 - below / len(inside)


def volume_at_dose(dose: npt.ArrayLike, structure: npt.ArrayLike, gray: float) -> float:
    """V_x: the share of a structure, in [0, 1], with ``gray`` or more.

    >>> volume_at_dose([10.0, 20.0, 30.0, 40.0], [1, 1, 1, 1], 30.0)
    0.5
    """
    return float(dose_volume_histogram(dose, structure, [gray])[0])


def dose_at_volume(dose: npt.ArrayLike, structure: npt.ArrayLike, percent: float) -> float:
    """D_x: the least dose, in gray, in the hottest ``percent`` (0 to 100) of a structure.

    >>> dose_at_volume([10.0, 20.0, 30.0, 40.0, 50.0], [1, 1, 1, 1, 1], 75)
    20.0
    """
    if not 0 <= percent <= 100:
        raise BadInputError(f"percent of volume {percent}: must be from 0 to 100.")
    return float(np.percentile(_inside(dose, structure), 100 - percent))


def dose_at_cc(
    dose: npt.ArrayLike,
    structure: npt.ArrayLike,
    voxel_volume: float,
    cc: float = _SMALL_CC,
) -> float:
    """D_cc: the least dose, in gray, in the hottest ``cc`` cubic centimetres of a structure.

    ``voxel_volume`` is in cubic millimetres. The volume is rounded to whole voxels, one at least;
    of a structure smaller than that the least dose is returned.
    """
    if not (voxel_volume > 0 and cc > 0):
        raise BadInputError(f"voxel volume {voxel_volume} mm3, volume {cc} cc: must be positive.")
    inside = _inside(dose, structure)
    voxels = max(1, round(_CUBIC_MILLIMETRES * cc / voxel_volume))
    return float(np.percentile(inside, max(0.0, 100 - 100 * voxels / len(inside))))


def dose_volume_points(
    dose: npt.ArrayLike,
    organs: Mapping[str, npt.ArrayLike],
    targets: Mapping[str, npt.ArrayLike],
    voxel_volume: float,
) -> dict[Point, float]:
    """Return what OpenKBP compares, in gray, by (structure, point).

    Of organs "D_0.1cc" and "mean", of targets "D_99", "D_95" and "D_1". Empty structures have no
    points. ``voxel_volume`` is in cubic millimetres.
    """
    points: dict[Point, float] = {}
    for name, organ in organs.items():
        if np.any(organ):
            points[name, "D_0.1cc"] = dose_at_cc(dose, organ, voxel_volume)
            points[name, "mean"] = float(_inside(dose, organ).mean())
    for name, target in targets.items():
        if np.any(target):
            for percent in (99, 95, 1):
                points[name, f"D_{percent}"] = dose_at_volume(dose, target, percent)
    return points


def dose_error(reference: npt.ArrayLike, predicted: npt.ArrayLike, region: npt.ArrayLike) -> float:
    """Mean absolute difference in gray over the region where dose may be: one patient's dose score.

    Differences outside the region count too, as in the challenge: a prediction must be cut to it.

    >>> dose_error([1.0, 2.0, 0.0], [2.0, 2.0, 0.0], [1, 1, 0])
    0.5
    """
    first, second = _pair(reference, predicted)
    inside = np.asarray(region, bool)
    if inside.shape != first.shape:
        raise BadInputError(f"region of {inside.shape} and dose of {first.shape}: must be equal.")
    if not inside.any():
        raise BadInputError("the region where dose may be is empty. Check the mask.")
    return float(np.abs(first - second).sum() / inside.sum())


def dvh_errors(reference: Mapping[Point, float], predicted: Mapping[Point, float]) -> list[float]:
    """Absolute differences in gray of one patient's points.

    The mean over all points of all patients is the DVH score of OpenKBP.

    Raises:
        BadInputError: the two were not taken of the same structures.
    """
    if set(reference) != set(predicted):
        odd = sorted(set(reference) ^ set(predicted))
        raise BadInputError(f"points of one side alone: {odd}. Take both of the same structures.")
    return [abs(reference[point] - predicted[point]) for point in reference]


def _inside(dose: npt.ArrayLike, structure: npt.ArrayLike) -> Float64:
    values, mask = finite(dose, "dose"), np.asarray(structure, bool)
    if values.shape != mask.shape:
        raise BadInputError(f"structure of {mask.shape}, dose of {values.shape}: must be equal.")
    if not mask.any():
        raise BadInputError("the structure is empty. Leave it out, or check the mask.")
    inside: Float64 = values[mask]
    return inside


def _pair(reference: npt.ArrayLike, predicted: npt.ArrayLike) -> tuple[Float64, Float64]:
    first, second = finite(reference, "reference dose"), finite(predicted, "predicted dose")
    if first.shape != second.shape:
        raise BadInputError(f"doses of {first.shape} and {second.shape}: must be equal.")
    return first, second
