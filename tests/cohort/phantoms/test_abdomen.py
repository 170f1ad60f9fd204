import numpy as np
import pytest

from cancergan.cohort.phantoms.abdomen import FIELD_MM, ORGANS, draw_abdomen, drawn_abdomen
from cancergan.cohort.phantoms.space import volume

GRID = volume((64, 50, 30), FIELD_MM)


@pytest.fixture(scope="module")
def drawn():
    body = draw_abdomen(np.random.default_rng(0))
    return body, *drawn_abdomen(GRID, np.random.default_rng(1), body)


def test_organs_have_their_hounsfield_units_and_uptake(drawn):
    body, image, uptake = drawn
    liver = body.liver(GRID.positions) > 12
    assert np.median(image[liver]) == pytest.approx(ORGANS["liver"][0], abs=4)
    assert np.median(uptake[liver]) == pytest.approx(ORGANS["liver"][1], rel=0.05)
    fat = np.abs(image + 100) < 5
    assert np.median(uptake[fat]) == pytest.approx(0.25, abs=0.1)
    assert uptake[image < -990].max() < 0.05
    assert uptake.max() == pytest.approx(ORGANS["pelvis"][1], rel=0.3)


def test_the_liver_is_on_the_right_and_as_large_as_a_liver(drawn):
    body, _, _ = drawn
    inside = body.liver(GRID.positions) > 0
    assert GRID.positions[0][inside].mean() > 30
    assert 1.0 < inside.sum() * np.prod(GRID.spacing) / 1e6 < 3.0


def test_sites_lie_in_the_liver(drawn):
    random = np.random.default_rng(0)
    sites = np.array([drawn[0].liver_site(random, margin=10.0) for _ in range(40)])
    assert drawn[0].liver(sites.T).min() > 10
