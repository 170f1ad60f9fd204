"""The five verbs in a row, from files to a bundle, on a cohort small enough for a test."""

import json

import pytest

import cancergan
from cancergan import workflow
from cancergan.assessment.policy import Policy
from cancergan.assessment.settings import AssessmentSettings
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import blobs

SMALL = {"training.steps": 20, "training.batch_size": 8, "image_size": 16,
         "game.generator.options.width": 4, "game.discriminator.options.width": 4}  # fmt: skip
QUICK = AssessmentSettings(
    families=("fidelity", "diversity", "privacy"), replicates=20, encoder_steps=10, pairs=20
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A trained run, its synthetic cohort, and a report on it."""
    folder = tmp_path_factory.mktemp("workflow")
    for name, cohort in blobs(120).split({"train": 0.6, "test": 0.4}).items():
        cohort.save(folder / name)
    run = cancergan.train("cgan", folder / "train", folder / "run", **SMALL)
    cancergan.synthesise(run, 48, folder / "synthetic", condition="balanced")
    cancergan.assess(
        real=folder / "test",
        synthetic=folder / "synthetic",
        training=folder / "train",
        out=folder / "report",
        settings=QUICK,
    )
    return folder


def policy(text, tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    return Policy.open(path)


def test_the_report_is_written_in_its_three_views(folder):
    names = {path.name for path in (folder / "report").iterdir()}
    assert {"report.html", "report.json", "card.md"} <= names
    report = json.loads((folder / "report" / "report.json").read_text())
    keys = {"family", "name", "space", "value", "low", "high", "n_real", "n_synthetic"}
    frechet = [f for f in report["findings"] if f["name"] == "frechet_distance"]
    spaces = {finding["space"] for finding in frechet}
    assert spaces == {"encoder", "random_convolution", "radiomics"}
    assert all(keys | {"floor"} <= set(finding) for finding in frechet)
    assert all(finding["low"] <= finding["high"] for finding in frechet)


def test_an_untrained_generator_is_refused_and_cannot_be_released(folder, tmp_path):
    verdict = cancergan.gate(folder / "report")
    assert not verdict.accepted
    with pytest.raises(BadInputError, match="not released"):
        cancergan.release(folder / "synthetic", folder / "report", tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


LENIENT = """
name: anything goes
rules:
  - {family: fidelity, name: frechet_distance, space: random_convolution, at_most: 1.0e9}
"""


def test_what_a_policy_accepts_is_released_with_its_evidence(folder, tmp_path):
    lenient = policy(LENIENT, tmp_path)
    bundle = cancergan.release(folder / "synthetic", folder / "report", tmp_path / "b", lenient)
    assert len(Cohort.open(bundle / "cohort")) == 48
    assert json.loads((bundle / "verdict.json").read_text())["accepted"] is True
    assert workflow.gate(bundle / "report", lenient).accepted
    pages = [
        (place / "report.html").read_text() for place in (folder / "report", bundle / "report")
    ]
    shown = [page.count("data:image/png") for page in pages]
    assert shown[0] == shown[1] > 16  # the report was opened from its folder, pictures and all
    bare = cancergan.release(
        folder / "synthetic", folder / "report", tmp_path / "bare", lenient, real_pictures=False
    )
    assert 0 < (bare / "report" / "report.html").read_text().count("data:image/png") < shown[0]


def test_two_reports_or_two_cohorts_are_compared(folder):
    gaps = cancergan.compare(folder / "report", folder / "report")
    assert {gap.difference for gap in gaps} == {0.0}
    other = cancergan.synthesise(folder / "run", 40, seed=5)
    paired = cancergan.compare(
        folder / "synthetic", other, real=folder / "test", training=folder / "train", settings=QUICK
    )
    assert all(gap.interval is not None for gap in paired)
    with pytest.raises(BadInputError, match="give real=, or two reports"):
        cancergan.compare(other, folder / "report")
    with pytest.raises(BadInputError, match="compare without real="):
        cancergan.compare(cancergan.Report(), other, real=folder / "test")


def test_a_report_about_another_cohort_releases_nothing(folder, tmp_path):
    other = cancergan.synthesise(folder / "run", 8, seed=5)
    with pytest.raises(BadInputError, match="the report is about cohort"):
        cancergan.release(other, folder / "report", tmp_path / "b", policy(LENIENT, tmp_path))


def test_a_reference_that_the_generator_was_trained_on_is_refused(folder):
    with pytest.raises(BadInputError, match="was trained on"):
        cancergan.assess(
            real=folder / "train", synthetic=folder / "synthetic", training=folder / "test"
        )


def test_public_names_are_there_and_unknown_ones_are_not():
    assert set(cancergan.__all__) <= set(dir(cancergan))
    assert cancergan.Cohort is Cohort
    with pytest.raises(AttributeError, match="no attribute 'Cohrot'"):
        cancergan.Cohrot  # noqa: B018
