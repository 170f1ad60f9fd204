import numpy as np

from cancergan.cohort import Cohort
from cancergan.cohort.curation.survey import survey
from tests.data import blobs


def test_every_case_is_seen_once_in_order():
    cohort = blobs(5)
    heard = []
    seen = survey(cohort, progress=heard.append)
    assert heard == [1, 2, 3, 4, 5]
    assert len(seen) == 5
    assert seen.ids.tolist() == list(cohort.table["case_id"])
    assert seen.case_id(3) == "s0_0003"
    assert seen.thumbnails.shape == (5, 96, 96)
    assert len(set(seen.prints)) == 5


def test_values_are_quantiles_of_each_image():
    image = np.arange(10_000, dtype=np.float32).reshape(1, 1, 100, 100)
    values = survey(Cohort.from_arrays(image)).values[0]
    np.testing.assert_allclose(values, np.quantile(image, np.linspace(0, 1, 256)), atol=1)


def test_what_is_not_finite_does_not_spread():
    images = np.random.default_rng(0).normal(size=(2, 1, 40, 40))
    images[0, 0, 0] = np.nan
    images[1] = np.nan
    seen = survey(Cohort.from_arrays(images))
    assert np.isfinite(seen.thumbnails).all()
    assert np.isfinite(seen.values).all()
