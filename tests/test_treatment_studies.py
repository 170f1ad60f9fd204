"""Treatment, progression with conditions, and edited lesions: what studies of them rest on."""

import numpy as np
import pandas as pd
import pytest

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.cohort.attributes import Attribute, measured_attributes
from cancergan.cohort.phantoms import phantom
from cancergan.cohort.phantoms.growth import Gompertz
from cancergan.cohort.phantoms.tumour_growth import CLEARANCE, SENSITIVITY, treated_volume
from cancergan.cohort.timepoints import with_earlier_visits
from cancergan.cohort.told import with_told
from cancergan.core.errors import BadInputError

NARROW = {
    "training.steps": 2,
    "training.batch_size": 2,
    "game.generator.options.width": 4,
    "game.discriminator.options.width": 4,
}
RUNS = {
    "R58": (
        {"example.cases": 40, "example.size": 48},
        {"dice", "relative_volume_error", "psnr"},
    ),
    "progression_by_time": (
        {"example.cases": 40, "example.size": 24},
        {"dice", "relative_volume_error"},
    ),
    "R06": (
        {
            "example.cases": 40,
            "image_size": 16,
            "study.classifier_steps": 4,
            "study.direction": "add",
        },
        {"auc", "balanced_accuracy"},
    ),
}


SLOW = ("progression_by_time",)


@pytest.mark.parametrize(
    "recipe", [pytest.param(r, marks=pytest.mark.slow) if r in SLOW else r for r in RUNS]
)
def test_the_study_runs_and_every_method_has_its_figures(recipe, tmp_path):
    settings, figures = RUNS[recipe]
    out = tmp_path / "out"
    evidence = workflow.run_study(
        recipe, None, out, seeds=1, say=lambda line: None, **{**NARROW, **settings}
    )
    assert {figure.estimate.name for figure in evidence.figures} == figures
    assert {figure.method for figure in evidence.figures} == {m.name for m in evidence.methods}
    assert all(np.isfinite(figure.estimate.value) for figure in evidence.figures)
    assert (out / "index.html").is_file()


def test_killed_cells_are_cleared_and_the_others_grow_on():
    growth = Gompertz(1000.0, 0.02, 0.005)
    assert treated_volume(growth, 0.0, 60.0) == pytest.approx(1000.0)
    assert treated_volume(growth, 90.0, 0.0) == pytest.approx(float(growth.volume(90.0)))
    surviving = np.exp(-60 * SENSITIVITY)
    late = treated_volume(growth, 20 * CLEARANCE, 60.0)
    assert late == pytest.approx(surviving * float(growth.volume(20 * CLEARANCE)), rel=1e-4)
    assert treated_volume(growth, 60.0, 70.0) < treated_volume(growth, 60.0, 30.0)


def test_a_treated_phantom_has_its_plan_and_an_untreated_one_is_as_before():
    options = {"size": 48, "visits": 2}
    treated = phantom("tumour_growth", 4, **options, prescription=[60, 60])
    plain = phantom("tumour_growth", 4, **options)
    assert "dose" not in plain[0].arrays
    assert np.array_equal(treated[0].image, plain[0].image)  # before treatment nothing differs
    for case in treated:
        dose = case.arrays["dose"][0]
        assert dose.max() == pytest.approx(60)
        assert dose[np.asarray(treated[0].mask) > 0].min() == pytest.approx(60)
        assert dose.min() < 30
    after = treated.table["volume_mm3"].to_numpy()[1::2]
    assert (after < plain.table["volume_mm3"].to_numpy()[1::2]).all()


def test_visits_farther_ahead_are_cases_of_their_own():
    visits = phantom("tumour_growth", 8, size=48, visits=4)
    pairs = with_earlier_visits(visits, 2, ahead=2)
    assert len(pairs) == 6  # of each patient: 3 and 4 after 2, 4 after 3
    table = pairs.table
    assert table["case_id"].is_unique
    last = table["timepoint"] - table["ahead_days"]
    assert last.to_numpy() == pytest.approx(table["days_2"].to_numpy())
    assert (table["ahead_days"] > 150).sum() == 2
    with pytest.raises(BadInputError, match="ahead 0"):
        with_earlier_visits(visits, 2, ahead=0)


def test_what_is_told_is_the_same_everywhere_and_scaled_by_the_training_cases():
    cohort = phantom("tumour_growth", 4, size=48, visits=1)
    cohort = cohort.with_column("gene", ["mutated", "wild", "mutated", "wild"])
    cohort = cohort.with_column("age", [40, 50, 60, 80])
    wanted = [Attribute(name="gene"), Attribute(name="age", low=40.0, high=60.0)]
    known = measured_attributes(cohort.table, wanted, may_miss=False, origin="here")
    told = with_told(cohort, known)[1].arrays["told"]
    assert told.shape == (3, 48, 48)
    assert np.ptp(told, axis=(1, 2)).max() == 0
    assert told[:, 0, 0].tolist() == [-1, 1, 0]
    assert with_told(cohort, known)[3].arrays["told"][2, 0, 0] == 1  # beyond the range
    with pytest.raises(BadInputError, match="gene"):
        with_told(cohort.with_column("gene", ["other"] * 4), known)


def test_telling_without_reading_it_is_refused(tmp_path):
    with pytest.raises(BadInputError, match=r'Add "told" to data\.source\.read'):
        workflow.run_study(
            "R59", None, tmp_path / "out", seeds=1, say=lambda line: None,
            **{**NARROW, "example.cases": 12, "example.size": 48, "example.dimensions": 2,
               "study.told": ["ahead_days"]},
        )  # fmt: skip


def lesions(labels, marked):
    images = np.random.default_rng(0).normal(size=(len(labels), 1, 12, 12)).astype(np.float32)
    masks = np.zeros((len(labels), 12, 12), np.uint8)
    masks[np.array(marked, int), 4:8, 4:8] = 1
    names = [f"p{n}" for n in range(len(labels))]
    table = pd.DataFrame({"case_id": names, "patient_id": names, "label": labels})
    return Cohort.from_arrays(images, table, masks=masks)


@pytest.mark.parametrize(
    ("labels", "marked", "words"),
    [
        (["benign", "malignant"] * 12, range(24), 'no training case is "normal"'),
        (["normal", "benign"] * 12, [], 'class "benign" has a mask'),
    ],
)
def test_lesions_that_cannot_be_edited_are_refused_before_training(tmp_path, labels, marked, words):
    cohort = lesions(labels, list(marked))
    with pytest.raises(BadInputError, match=words):
        workflow.run_study("R06", cohort, tmp_path / "out", seeds=1, say=lambda line: None)
    assert not (tmp_path / "out" / "runs").exists()


def test_a_table_cannot_be_given_to_a_recipe_of_images(tmp_path):
    table = phantom("clinical_omics", 12)
    with pytest.raises(BadInputError, match=r"has no .*It could run:") as caught:
        workflow.run_study("R57", table, tmp_path / "out", seeds=1)
    assert "\n" not in str(caught.value)
