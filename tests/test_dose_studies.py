"""Plans are judged as planners judge them, and refused where their dose cannot be read."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from cancergan.studies.plans import all_points, plans_of
from cancergan.studies.synthetic_ct import SyntheticCtSettings, SyntheticCtStudy

TARGETS = ("PTV*",)
FEW = {
    "training.steps": 2,
    "patch_size": 48,
    "example.dimensions": 2,
    "example.size": 48,
    "example.cases": 12,
    "game.generator.options.width": 4,
    "game.discriminator.options.width": 4,
}


def planned(**changed):
    """Return two plans of 4 x 4 pixels of 5 mm: a target of 60 Gy in the middle, 20 Gy around."""
    structures = np.zeros((2, 2, 4, 4), np.uint8)
    structures[:, 0, 1:3, 1:3] = 1  # the target
    structures[:, 1, 0] = 1
    dose = np.where(structures[:, :1] > 0, 60.0, 20.0).astype(np.float32)
    arrays = {"dose": dose, "structures": structures, "region": np.ones((2, 1, 4, 4), np.uint8)}
    arrays |= changed
    cohort = Cohort.from_arrays(
        np.zeros((2, 1, 4, 4), np.float32),
        pd.DataFrame({"case_id": ["a", "b"], "patient_id": ["a", "b"]}),
        arrays={name: list(values) for name, values in arrays.items() if values is not None},
        spacing=[(5.0, 5.0)] * 2,
    )
    return cohort.with_provenance(structures=["PTV60", "Cord"])


def test_the_planned_dose_is_without_error_and_passes_everywhere():
    plan = plans_of(planned(), TARGETS)[0]
    dose = plan.cut(plan.dose)
    assert plan.error(dose) == 0
    assert plan.dvh_errors(dose, all_points([plan])) == [0] * 5
    assert plan.gamma_pass_rate(dose, 3, 3) == 1
    assert plan.coverage(dose) == 0


def test_two_gray_too_little_is_two_gray_in_every_figure():
    plan = plans_of(planned(), TARGETS)[0]
    dose = plan.cut(plan.dose - 2)
    assert plan.error(dose) == pytest.approx(2)
    assert plan.dvh_errors(dose, all_points([plan])) == pytest.approx([2] * 5)
    assert plan.coverage(dose) == pytest.approx(-2)
    # Of 16 points the 4 of the target: 2 Gy are more than 3 % of 60. Beside it 20 Gy are near.
    assert plan.gamma_pass_rate(dose, 3, 3) == 0.75
    assert plan.gamma_pass_rate(dose, 5, 3) == 1


def test_dose_beside_the_region_and_below_zero_does_not_count():
    region = np.ones((2, 1, 4, 4), np.uint8)
    region[..., 3] = 0
    plan = plans_of(planned(region=region), TARGETS)[0]
    cut = plan.cut(np.full((4, 4), -5.0))
    assert cut.max() == 0
    assert plan.cut(np.full((4, 4), 7.0))[:, 3].max() == 0


def test_a_structure_that_is_empty_in_one_patient_has_no_points_there():
    cohort = planned()
    structures = np.stack([case.arrays["structures"] for case in cohort])
    structures[1, 1] = 0
    plans = plans_of(planned(structures=structures), TARGETS)
    errors = plans[1].dvh_errors(plans[1].dose, all_points(plans))
    assert np.isnan(errors).sum() == 2  # D_0.1cc and mean of the cord


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"dose": np.full((2, 1, 4, 4), 6000, np.float32)}, "largest dose is 6000.*in gray"),
        ({"dose": np.full((2, 1, 4, 4), 1, np.float32)}, "largest dose is 1;.*in gray"),
        ({"region": np.zeros((2, 1, 4, 4), np.uint8)}, "dose may be is empty"),
        ({"structures": np.ones((2, 3, 4, 4), np.uint8)}, "3 channels of structures, 2 names"),
        ({"region": None}, "region"),
    ],
)
def test_plans_that_cannot_be_read_are_refused_by_name(changed, words):
    with pytest.raises(BadInputError, match=words):
        plans_of(planned(**changed), TARGETS)


@dataclass(frozen=True)
class OffTheGrid:
    """The pixels of a case with structures of twice the size, as a file may hold them."""

    case: Any

    def header(self):
        return self.case.header()

    def pixels(self):
        own = self.case.pixels()
        larger = own.arrays["structures"].repeat(2, axis=1)
        return replace(own, arrays={**own.arrays, "structures": larger})


def test_structures_off_the_grid_of_the_dose_are_refused():
    contents = planned().contents
    sources = tuple(OffTheGrid(source) for source in contents.sources)
    with pytest.raises(BadInputError, match=r"\(8, 4\) lie off the grid of the dose, \(4, 4\)"):
        plans_of(Cohort(replace(contents, sources=sources)), TARGETS)


def test_structures_without_names_and_without_a_target_are_refused():
    with pytest.raises(BadInputError, match="nothing says what the structures are"):
        plans_of(planned().with_provenance(structures=[]), TARGETS)
    with pytest.raises(BadInputError, match=r"no structure is a target \(GTV\*\)"):
        plans_of(planned(), ("GTV*",))


def test_dose_is_foretold_beside_its_baselines(tmp_path):
    out = tmp_path / "out"
    evidence = workflow.run_study("R57", None, out, seeds=1, say=lambda line: None, **FEW)
    assert {f.estimate.name for f in evidence.figures} == {
        "dose_score", "dvh_score", "gamma_pass_rate", "d95_of_targets",
    }  # fmt: skip
    assert {f.method for f in evidence.figures} == {m.name for m in evidence.methods}
    assert (out / "histograms.png").is_file()


def test_a_cohort_without_dose_hears_what_it_lacks(tmp_path):
    cohort = phantom("breast_ultrasound", 8, size=48)
    with pytest.raises(BadInputError, match=r"has no dose .*It could run:"):
        workflow.run_study("R57", cohort, tmp_path / "out", seeds=1)
    assert not (tmp_path / "out").exists()


MADE_CT = {
    "training.steps": 2,
    "example.cases": 12,
    "example.size": 48,
    "example.beams": 5,
    "study.beams": 3,
    "game.generator.options.width": 4,
    "game.discriminator.options.width": 4,
}


def test_dose_through_a_made_ct_is_compared_with_that_through_the_true_one(tmp_path):
    out = tmp_path / "out"
    evidence = workflow.run_study("R15", None, out, seeds=1, say=lambda line: None, **MADE_CT)
    found = {(f.estimate.name, f.estimate.space) for f in evidence.figures}
    assert found == {
        ("mae", "HU in the body"), ("mae", "HU in bone"), ("dose_score", "gray"),
        ("dvh_score", "gray"), ("gamma_pass_rate", "task"),
    }  # fmt: skip
    assert {f.method for f in evidence.figures} == {m.name for m in evidence.methods}
    assert (out / "doses.png").is_file()


def test_the_true_ct_gives_the_dose_that_was_planned_and_bone_stops_more():
    cohort = phantom("head_neck_dose", 1, size=48, beams=5, mr=True)
    study = SyntheticCtStudy(SyntheticCtSettings(beams=5))
    (patient,) = study._patients(cohort)
    plan = patient.plan
    assert plan.error(patient.dose_through(patient.hounsfield)) == 0
    # What a method draws outside the patient stops nothing.
    assert plan.error(patient.dose_through(np.where(plan.region, patient.hounsfield, 0))) == 0
    denser = patient.dose_through(patient.hounsfield + 300)
    assert denser[plan.region].mean() < plan.dose[plan.region].mean()
    assert plan.coverage(denser) < -1
