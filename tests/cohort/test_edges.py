"""Edges say where something ends and not how bright it is."""

import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.edges import edges, with_edges


def test_a_ramp_has_its_slope_everywhere_and_a_plane_none():
    ramp = np.tile(3.0 * np.arange(32), (1, 32, 1))
    assert edges(ramp)[0, 8:-8, 8:-8] == pytest.approx(3.0, rel=1e-3)
    assert edges(np.full((2, 16, 16), 7.0)) == pytest.approx(0.0)


def test_brightness_does_not_matter():
    image = np.random.default_rng(0).normal(size=(1, 16, 16))
    assert edges(image + 100.0) == pytest.approx(edges(image), abs=1e-4)


def test_every_case_has_its_edges_as_source():
    cohort = Cohort.from_arrays(np.random.default_rng(1).normal(size=(3, 2, 8, 8)))
    found = with_edges(cohort)
    assert np.array_equal(found[1].arrays["source"], edges(cohort.pixels(1).image))
    assert found.table.equals(cohort.table)
