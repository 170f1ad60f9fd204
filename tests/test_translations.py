"""Runs compared with the truth: the truth itself is perfect, copying is the baseline."""

import json

import numpy as np
import pytest

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.training.truth import source_as_image, truth_of
from tests.data import blobs
from tests.training.test_translation import CHANNELS, SMALL, pairs


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return workflow.train("pix2pix", pairs(), folder / "pairs", **{**SMALL, **CHANNELS})


def test_the_truth_is_the_wanted_channel_in_its_own_units(run):
    cohort = pairs(4, seed=1)
    for true, case in zip(truth_of(run, cohort), cohort, strict=True):
        assert true.case_id == case.case_id
        np.testing.assert_allclose(true.image, case.image[1:], atol=1e-3)
        assert np.array_equal(true.mask, case.mask)
    for copied, case in zip(source_as_image(run, cohort), cohort, strict=True):
        np.testing.assert_allclose(copied.image, case.image[:1], atol=1e-3)


def test_a_coarse_source_is_interpolated_where_the_pixels_are(tmp_path):
    """A ramp is interpolated exactly, but near its ends."""
    cohort = blobs(8)
    run = workflow.train("srgan", cohort, tmp_path / "run", **SMALL)
    ramp = np.broadcast_to(np.arange(16, dtype=np.uint8) * 10, (4, 1, 16, 16))
    copied = source_as_image(run, Cohort.from_arrays(ramp))
    np.testing.assert_allclose(copied[0].image[0, 8, 4:12], ramp[0, 0, 8, 4:12], atol=2)


def test_the_comparison_is_written_whole(run, tmp_path):
    cohort = pairs(6, seed=1)
    comparison = workflow.compare_translations({"ours": run}, cohort, tmp_path / "out")
    names = {finding.note for finding in comparison.findings}
    assert names == {"ours", "copy of the source"}
    record = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert len(record["findings"]) == len(comparison.findings)
    assert "copy of the source - ours" in (tmp_path / "out" / "comparison.md").read_text()
    assert (tmp_path / "out" / "comparison.png").stat().st_size > 1000


def test_patients_of_the_training_are_refused(run):
    with pytest.raises(BadInputError, match="was trained on 4 patients of these cases"):
        workflow.compare_translations({"ours": run}, pairs())


def test_without_pairs_there_is_no_truth(tmp_path):
    drawing = workflow.train("dcgan", blobs(8), tmp_path / "run", **SMALL)
    with pytest.raises(BadInputError, match="does not translate pairs"):
        workflow.compare_translations({"x": drawing}, blobs(4, seed=1))
    with pytest.raises(BadInputError, match="no run to compare"):
        workflow.compare_translations({}, blobs(4, seed=1))
