"""CT made from MR for planning: dose through it against dose through the true CT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.cohort.phantoms.dose import Fields, delivered_dose, planned_fields
from cancergan.cohort.phantoms.head_neck_dose import density_of, goals_of
from cancergan.cohort.phantoms.space import Grid
from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.recipes.schema import Recipe
from cancergan.studies.adversary import METHODS, with_and_without
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.studies.plans import Plan, all_points, plans_of

WATER = "water everywhere"
_SHOWN, _AT_LEAST = 5, 96

Volume = npt.NDArray[np.float64]


class SyntheticCtSettings(StudySettings):
    """How plans are made on the true CT, and when two doses agree.

    Attributes:
        beams: how many directions.
        percent, millimetres: criteria of the gamma index.
        bone: Hounsfield units from which the true CT is bone.
        targets: patterns of the structures that are to be hit.
    """

    beams: int = Field(default=9, ge=3)
    percent: float = Field(default=2.0, gt=0)
    millimetres: float = Field(default=2.0, gt=0)
    bone: float = 250.0
    targets: tuple[str, ...] = ("PTV*",)


@dataclass(frozen=True, eq=False)
class _Patient:
    """The true CT, the fields planned on it, and the plan with the dose that they give there."""

    hounsfield: Volume
    fields: Fields
    plan: Plan

    def dose_through(self, hounsfield: Volume) -> Volume:
        """Return the dose of the same fields where the patient were this."""
        return self.plan.cut(delivered_dose(self.fields, _density(hounsfield, self.plan.region)))


@studies.register("synthetic_ct")
class SyntheticCtStudy(Study[SyntheticCtSettings]):
    """Held-out patients: Hounsfield units of the made CT, and what they do to dose.

    A plan is made on the true CT of every test patient by the phantom's own engine (coplanar
    photon beams: depth in water, no scatter). Its fields are then delivered again through each
    method's CT: all that differs is the CT.
    """

    schema = SyntheticCtSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return what plans are made of."""
        return ("dose", "structures", "region")

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the game, its generator alone, and no CT at all."""
        return (
            *METHODS,
            Method(WATER, "0 HU in the whole region, air around it", True, trainings=0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train both, make the CT of the test patients, and deliver their plans through it."""
        patients = self._patients(bench.test)
        made: dict[str, list[list[Volume]]] = {}
        for name, _, cases in with_and_without(bench):
            found = [np.asarray(case.image, np.float64)[0] for case in cases]
            made.setdefault(name, []).append(found)
        made[WATER] = [[np.zeros(one.hounsfield.shape) for one in patients]]
        doses = {
            name: [[p.dose_through(ct) for p, ct in zip(patients, s, strict=True)] for s in seeds]
            for name, seeds in made.items()
        }
        source = bench.recipe.data["source"].arrays[0]
        bench.pictures["doses"] = _picture(bench.test, source, patients, made, doses)
        outcomes = [
            one for name in made for one in self._outcomes(name, patients, made[name], doses[name])
        ]
        note = (
            f"{self.settings.beams} photon beams of the phantom's engine, no scatter; gamma at "
            f"{self.settings.percent:g} % and {self.settings.millimetres:g} mm. Protons, whose "
            "range hangs on every millimetre of bone, would tell more."
        )
        return Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=[note]
        )

    def _patients(self, test: Cohort) -> list[_Patient]:
        """Return the test patients with a plan on their true CT."""
        found = []
        for case, given in zip(test, plans_of(test, self.settings.targets), strict=True):
            hounsfield = np.asarray(case.image, np.float64)[0]
            affine = np.eye(4)
            for axis, step in enumerate(given.spacing):
                affine[axis, axis] = step
            density = _density(hounsfield, given.region)
            fields = planned_fields(
                density,
                given.region,
                goals_of(given.structures, given.region),
                Grid(hounsfield.shape, affine),
                beams=self.settings.beams,
            )
            dose = delivered_dose(fields, density)
            found.append(_Patient(hounsfield, fields, replace(given, dose=given.cut(dose))))
        return found

    def _outcomes(
        self,
        name: str,
        patients: Sequence[_Patient],
        made: list[list[Volume]],
        doses: list[list[Volume]],
    ) -> list[Outcome]:
        points, units = (
            all_points([one.plan for one in patients]),
            [p.plan.patient for p in patients],
        )
        limit = (self.settings.percent, self.settings.millimetres)
        errors, bone, scores, passing, volumes = [], [], [], [], []
        for images, seed in zip(made, doses, strict=True):
            parts = list(zip(patients, images, seed, strict=True))
            away = [np.abs(ct - p.hounsfield) for p, ct, _ in parts]
            errors.append([a[p.plan.region].mean() for a, p in zip(away, patients, strict=True)])
            bone.append(
                [_in_bone(a, p, self.settings.bone) for a, p in zip(away, patients, strict=True)]
            )
            scores.append([p.plan.error(dose) for p, _, dose in parts])
            passing.append([p.plan.gamma_pass_rate(dose, *limit) for p, _, dose in parts])
            volumes.append([p.plan.dvh_errors(dose, points) for p, _, dose in parts])
        return [
            Outcome(name, "mae", np.array(errors), units, "lower", space="HU in the body"),
            Outcome(name, "mae", np.array(bone), units, "lower", space="HU in bone"),
            Outcome(name, "dose_score", np.array(scores), units, "lower", space="gray"),
            Outcome(name, "dvh_score", np.array(volumes), units, "lower", space="gray"),
            Outcome(name, "gamma_pass_rate", np.array(passing), units, "higher"),
        ]


def _density(hounsfield: Volume, region: npt.NDArray[np.bool_]) -> Volume:
    """Return the density that beams go through: none outside the region, whose outline is known."""
    return np.where(region, density_of(hounsfield), 0.0)


def _in_bone(away: Volume, patient: _Patient, bone: float) -> float:
    where = patient.plan.region & (patient.hounsfield >= bone)
    return float(away[where].mean()) if where.any() else float("nan")


def _picture(
    test: Cohort,
    source: str,
    patients: Sequence[_Patient],
    made: Mapping[str, list[list[Volume]]],
    doses: Mapping[str, list[list[Volume]]],
) -> Picture:
    """Return patients side by side: source, true CT and dose, each CT and its error of dose.

    CT from -400 to 400 HU; errors of dose from -5 % (black) to 5 % (white) of the largest.
    """
    chosen = range(0, len(patients), max(1, len(patients) // _SHOWN))[:_SHOWN]
    rows: dict[str, list[Volume]] = {
        source: [_scaled(np.asarray(test[n].arrays[source], np.float64)[0]) for n in chosen],
        "CT": [patients[n].hounsfield / 400 for n in chosen],
        "dose on the CT": [_scaled(patients[n].plan.dose) for n in chosen],
    }
    for name, seeds in made.items():
        rows[name] = [seeds[0][n] / 400 for n in chosen]
        rows[f"error of dose, {name}"] = [
            (doses[name][0][n] - patients[n].plan.dose) / (0.05 * patients[n].plan.dose.max())
            for n in chosen
        ]
    strips = {
        name: grid([_shown(image) for image in images], columns=len(images))
        for name, images in rows.items()
    }
    return captioned(strips, width=200)


def _scaled(values: Volume) -> Volume:
    return values / max(float(np.percentile(values, 99.5)), 1e-6) * 2 - 1


def _shown(image: Volume) -> Picture:
    flat = image[..., image.shape[-1] // 2] if image.ndim == 3 else image
    return to_picture(np.clip(flat, -1, 1)[None], at_least=_AT_LEAST)
