import numpy as np
import pytest

from cancergan.cohort.preparation import Preparation
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.downstream.features_of_cohorts import kept_features, moments_of, parts_of_features
from cancergan.downstream.random_convolution import random_convolution
from tests.data import blobs

COHORT = blobs(21)
PREPARATION = Preparation.plan(COHORT)
SPACE = random_convolution(1, 2)


def whole():
    return SPACE.features(prepare(COHORT, PREPARATION).images)


def test_parts_are_read_when_they_are_needed_and_make_up_the_whole():
    parts = parts_of_features(COHORT, PREPARATION, SPACE, part=8)
    assert next(parts).shape == (8, 32)
    found = list(parts_of_features(COHORT, PREPARATION, SPACE, part=8))
    assert [len(part) for part in found] == [8, 8, 5]
    assert np.concatenate(found) == pytest.approx(whole(), abs=1e-5)


def test_streamed_moments_are_those_of_the_whole():
    moments = moments_of(COHORT, PREPARATION, SPACE, part=4)
    assert moments.mean == pytest.approx(whole().mean(0), abs=1e-5)
    assert moments.covariance == pytest.approx(np.cov(whole(), rowvar=False), abs=1e-4)


class Counted:
    """The same space, counting how often it is asked."""

    name, fingerprint, asked = "counted", "abc", 0

    def features(self, images):
        self.asked += 1
        return SPACE.features(images)


def test_kept_features_are_computed_once_and_belong_to_cohort_and_space(tmp_path):
    space = Counted()
    first, again = (kept_features(COHORT, PREPARATION, space, tmp_path) for _ in range(2))
    assert space.asked == 1
    assert np.array_equal(first, again)
    kept_features(COHORT.select([True] * 10 + [False] * 11), PREPARATION, space, tmp_path)
    space.fingerprint = "other weights"
    kept_features(COHORT, PREPARATION, space, tmp_path)
    assert space.asked == 3
    assert len(list(tmp_path.iterdir())) == 3


def test_a_damaged_file_is_named(tmp_path):
    kept_features(COHORT, PREPARATION, SPACE, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"not an array")
    with pytest.raises(BadInputError, match="is damaged"):
        kept_features(COHORT, PREPARATION, SPACE, tmp_path)
    np.save(path, np.zeros((3, 2)))
    with pytest.raises(BadInputError, match=r"holds \(3, 2\), not 21 cases"):
        kept_features(COHORT, PREPARATION, SPACE, tmp_path)
