"""Plans of radiotherapy as a study reads them: dose in gray, structures and region on one grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.metrics.dose import Point, dose_at_volume, dose_error, dose_volume_points, dvh_errors
from cancergan.metrics.gamma import gamma_index, gamma_pass_rate

Volume = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Below and above these no treatment of a tumour is given: the numbers have another unit.
PLAUSIBLE_GRAY = (2.0, 150.0)
# So thick a slice counts, in millimetres, where there is no third axis.
_SLICE = 1.0
_FEWEST_PERCENT = 20.0  # of the largest dose; below it the gamma index is not taken


@dataclass(frozen=True, eq=False)
class Plan:
    """What was planned for one patient.

    Attributes:
        case_id, patient: whose it is.
        dose: (*spatial) in gray.
        region: (*spatial), where dose may be.
        structures: (*spatial) each, by name, as they are drawn; some may be empty.
        targets: names of those that are to be hit; the others are to be spared.
        spacing: millimetres per axis.
    """

    case_id: str
    patient: str
    dose: Volume
    region: Mask
    structures: Mapping[str, Mask]
    targets: tuple[str, ...]
    spacing: tuple[float, ...]

    @cached_property
    def points(self) -> dict[Point, float]:
        """The points of the dose-volume histograms of the planned dose, in gray."""
        return self.points_of(self.dose)

    def points_of(self, dose: Volume) -> dict[Point, float]:
        """Return the points of the dose-volume histograms of another dose, in gray."""
        targets = {name: self.structures[name] for name in self.targets}
        organs = {name: inside for name, inside in self.structures.items() if name not in targets}
        thickness = _SLICE if len(self.spacing) == 2 else 1.0
        return dose_volume_points(dose, organs, targets, float(np.prod(self.spacing)) * thickness)

    def cut(self, dose: npt.ArrayLike) -> Volume:
        """Return a predicted dose as it counts: not negative, and none outside the region.

        Raises:
            BadInputError: another grid than that of the plan.
        """
        found = np.asarray(dose, np.float64)
        if found.shape != self.dose.shape:
            raise BadInputError(
                f'case "{self.case_id}": the predicted dose is {found.shape}, the plan '
                f"{self.dose.shape}. Dose is judged on its own grid: set image_size to that."
            )
        return np.where(self.region, np.maximum(found, 0.0), 0.0)

    def error(self, dose: Volume) -> float:
        """Return the mean absolute error in gray: the dose score of OpenKBP of one patient."""
        return dose_error(self.dose, dose, self.region)

    def dvh_errors(self, dose: Volume, names: Sequence[Point]) -> list[float]:
        """Return the error of every named point in gray, NaN where a structure is empty."""
        errors = dict(zip(self.points, dvh_errors(self.points, self.points_of(dose)), strict=True))
        return [errors.get(name, float("nan")) for name in names]

    def gamma_pass_rate(self, dose: Volume, percent: float, millimetres: float) -> float:
        """Return the share of points that agree; NaN where the plan has no dose at all."""
        index = gamma_index(
            self.dose, dose, self.spacing, percent=percent, millimetres=millimetres,
            threshold=_FEWEST_PERCENT, most=1.01, steps=5,
        )  # fmt: skip
        return gamma_pass_rate(index)

    def coverage(self, dose: Volume) -> float:
        """Return by how many gray D95 of the targets is above the planned, on average."""
        found = [
            dose_at_volume(dose, self.structures[name], 95) - self.points[name, "D_95"]
            for name in self.targets
            if self.structures[name].any()
        ]
        return float(np.mean(found)) if found else float("nan")


def plans_of(cohort: Cohort, targets: Sequence[str]) -> list[Plan]:
    """Return the plan of every case.

    ``targets`` are patterns of names ("PTV*"); provenance names the channels of ``structures``.

    Raises:
        BadInputError: no dose, structures or region; names unknown, or none of a target; anything
            off the grid of the dose; no spacing; or doses that cannot be in gray.
    """
    cohort.require("dose", "structures", "region")
    names = cohort.provenance.get("structures")
    if not names:
        raise BadInputError(
            f"{cohort.origin}: nothing says what the structures are. Name their channels: "
            'cohort.with_provenance(structures=["SpinalCord", "PTV70"]).'
        )
    aimed = tuple(n for n in names if any(fnmatch(n.lower(), p.lower()) for p in targets))
    if not aimed:
        raise BadInputError(
            f"{cohort.origin}: no structure is a target ({', '.join(targets)}) among "
            f"{', '.join(names)}. Set study.targets to the names of yours."
        )
    return [_plan(case, list(names), aimed) for case in cohort]


def all_points(plans: Sequence[Plan]) -> list[Point]:
    """Return the points that any of the plans has."""
    return list(dict.fromkeys(point for plan in plans for point in plan.points))


def _plan(case: Any, names: list[str], targets: tuple[str, ...]) -> Plan:
    dose = np.asarray(case.arrays["dose"], np.float64)
    structures = np.asarray(case.arrays["structures"]) > 0
    region = np.asarray(case.arrays["region"]) > 0
    for name, array in (("structures", structures), ("region", region)):
        if array.shape[1:] != dose.shape[1:]:
            raise BadInputError(
                f'case "{case.case_id}": {name} of {array.shape[1:]} lie off the grid of the dose, '
                f"{dose.shape[1:]}. Bring them to one grid first (cancergan cohort curate)."
            )
    if len(structures) != len(names):
        raise BadInputError(
            f'case "{case.case_id}": {len(structures)} channels of structures, {len(names)} names. '
            "Name each channel once in provenance."
        )
    if case.spacing is None:
        raise BadInputError(f'case "{case.case_id}": has no spacing; volumes need millimetres.')
    if not region.any():
        raise BadInputError(f'case "{case.case_id}": the region where dose may be is empty.')
    _check_unit(case.case_id, float(dose.max()))
    return Plan(
        case.case_id, str(case.attributes["patient_id"]), dose[0], region[0],
        dict(zip(names, structures, strict=True)), targets, tuple(case.spacing),
    )  # fmt: skip


def _check_unit(case: str, largest: float) -> None:
    low, high = PLAUSIBLE_GRAY
    if not low <= largest <= high:
        raise BadInputError(
            f'case "{case}": the largest dose is {largest:g}; dose has to be in gray, {low:g} to '
            f"{high:g} at its largest. Divide centigray by 100, and multiply shares by the "
            "prescription."
        )
