import numpy as np
import pytest
from skimage.color import rgb2lab

from cancergan.cohort import Cohort
from cancergan.cohort.curation.reinhard import Reinhard
from cancergan.core.errors import BadInputError
from tests.cohort.curation.plants import case
from tests.cohort.curation.test_macenko import OTHER, RUIFROK, stained
from tests.data import shared


def lab(image):
    return rgb2lab(np.moveaxis(image, 0, -1) / 255)


def test_mean_and_deviation_become_the_references():
    reference, _ = stained(RUIFROK)
    other, _ = stained(OTHER, amounts=(1.2, 0.7), seed=1)
    step = Reinhard().fitted(Cohort.from_arrays(reference[None]))
    changed = lab(step.apply(case(other)).image)
    np.testing.assert_allclose(changed.mean(axis=(0, 1)), lab(reference).mean(axis=(0, 1)), atol=1)
    np.testing.assert_allclose(changed.std(axis=(0, 1)), lab(reference).std(axis=(0, 1)), atol=1)


def test_the_reference_may_be_another_cohort():
    target = shared("monuseg")
    cohort = Cohort.open(shared("camelyon17_patches")).curated([f"reinhard:reference={target}"])
    learnt = Reinhard().fitted(Cohort.open(target))
    record = cohort.provenance["curation"][0]
    assert record["mean"] == list(learnt.mean)
    moved = lab(cohort[0].image).mean(axis=(0, 1))
    np.testing.assert_allclose(moved, learnt.mean, atol=4)


def test_a_step_that_learnt_nothing_is_refused():
    with pytest.raises(BadInputError, match="no reference yet"):
        Reinhard().apply(case(np.full((3, 8, 8), 100.0)))
