"""Cohorts without images train, synthesise and are assessed as images are."""

import numpy as np
import pytest

from cancergan import workflow
from cancergan.assessment.settings import AssessmentSettings
from cancergan.cohort import Cohort
from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from cancergan.training.run import Run
from tests.data import blobs

QUICK = {"training": {"steps": 30, "checkpoint_every": 15, "log_every": 5}}


@pytest.fixture(scope="module")
def parts():
    cohort = phantom("clinical_omics", 90, genes=4, informative=4)
    return cohort.split({"train": 0.6, "validation": 0.2, "test": 0.2})


@pytest.fixture(scope="module")
def run(parts, tmp_path_factory):
    out = tmp_path_factory.mktemp("table") / "run"
    return workflow.train(
        "tabular_cgan", parts["train"], out, validation=parts["validation"], **QUICK
    )


def test_a_run_makes_a_table_with_the_columns_and_units_of_the_real_one(run, parts, tmp_path):
    made = workflow.synthesise(run, 40, tmp_path / "made")
    real = parts["train"].table
    assert not made.has_images
    assert set(real.columns) <= set(made.table.columns)
    assert made.table["stage"].isin(real["stage"].unique()).all()
    assert made.table["age"].between(real["age"].min(), real["age"].max()).all()
    assert made.table["event"].isin([0, 1]).all()
    assert made.table["synthetic"].all()
    assert set(made.table["patient_id"]).isdisjoint(real["patient_id"])
    assert Cohort.open(tmp_path / "made").fingerprint == made.fingerprint


def test_samples_are_histograms(run):
    pictures = sorted(path.name for path in run.samples.glob("*.png"))
    assert {"real.png", "00000030.png"} <= set(pictures)


def test_a_killed_run_of_a_table_goes_on_bit_equal(run, parts, tmp_path):
    settings = {"training": {**QUICK["training"], "steps": 15}}
    validation = parts["validation"]
    out = tmp_path / "half"
    workflow.train("tabular_cgan", parts["train"], out, validation=validation, **settings)
    again = workflow.train(
        "tabular_cgan", parts["train"], out, validation=validation, resume=True, **QUICK
    )
    made, expected = workflow.synthesise(again, 8), workflow.synthesise(Run.open(run.path), 8)
    assert made.table.equals(expected.table)


def test_the_run_is_assessed_with_columns_as_features(run, parts):
    made = workflow.synthesise(run, 40)
    settings = AssessmentSettings.of_effort("quick", encoder_steps=20, utility_steps=20)
    report = workflow.assess(
        real=parts["test"], synthetic=made, training=parts["train"], settings=settings
    )
    assert report.find("fidelity", "kernel_distance", "table") is not None
    assert report.find("fidelity", "marginal_distance") is not None
    assert report.find("privacy", "copy_rate", "table") is not None
    assert report.find("utility", "auc_gain_of_adding") is not None
    assert {panel.title for panel in report.pictures} == {
        "Column by column",
        "Which columns go together",
    }


def test_a_perfect_table_is_as_near_as_real_patients_are_and_a_shifted_one_is_not(parts):
    cohort = phantom("clinical_omics", 400, genes=4, informative=4)
    thirds = cohort.split({"learning": 0.4, "real": 0.3, "synthetic": 0.3})
    stranger = thirds["synthetic"]
    shifted = stranger.with_column("marker", stranger.table["marker"] + 3.0)
    settings = AssessmentSettings.of_effort("quick", families=("fidelity",), encoder_steps=5)

    def distance(cohort):
        report = workflow.assess(
            real=thirds["real"], synthetic=cohort, training=thirds["learning"], settings=settings
        )
        return report.find("fidelity", "marginal_distance")

    good, bad = distance(stranger), distance(shifted)
    assert good.value < 1.5 * good.floor
    assert bad.value > good.value + 0.1  # 3 of one column among some 20, clipped to its range


def test_patients_of_an_unnamed_table_are_known_by_their_rows(tmp_path):
    table = phantom("clinical_omics", 60, genes=2, informative=2).table.drop(
        columns=["case_id", "patient_id"]
    )
    cohort = Cohort.from_arrays(None, table)
    half = Cohort.from_arrays(None, table.iloc[:30])
    run = workflow.train("tabular_gan", half, tmp_path / "run", training={"steps": 2})
    made = workflow.synthesise(run, 20)
    with pytest.raises(BadInputError, match=r"was trained on \d+ of the real patients"):
        workflow.assess(real=cohort, synthetic=made, training=None)


def test_images_and_tables_are_not_taken_for_one_another(parts):
    with pytest.raises(BadInputError, match='is a table without images, and recipe "dcgan"'):
        workflow.plan("dcgan", parts["train"])
    with pytest.raises(BadInputError, match='has images, and recipe "tabular_gan" reads a table'):
        workflow.plan("tabular_gan", blobs(16))
    with pytest.raises(BadInputError, match='"convolutional" works on images'):
        workflow.plan("dcgan", parts["train"], data={"image": {"read": "table"}})
    with pytest.raises(BadInputError, match="Compare images with images"):
        workflow.assess(real=parts["train"], synthetic=blobs(16))


def test_columns_of_a_cohort_with_images_can_be_read_by_name():
    cohort = blobs(16).with_column("age", np.arange(16))
    plan = workflow.plan("tabular_gan", cohort, data={"image": {"attributes": ["age"]}})
    assert plan.shape == (1,)
