import numpy as np
import pytest

from cancergan.cohort.phantoms.chest import CARINA, FIELD_MM, draw_chest, drawn_chest
from cancergan.cohort.phantoms.space import axial_slice, volume


def test_two_lungs_have_the_volume_of_an_adult_and_the_heart_is_left():
    grid = volume((60, 48, 36), FIELD_MM)
    litres = []
    for seed in range(4):
        chest = draw_chest(np.random.default_rng(seed))
        inside = chest.lungs(grid.positions) > 0
        litres.append(inside.sum() * np.prod(grid.spacing) / 1e6)
        heart = chest.heart(grid.positions) > 0
        assert grid.positions[0][heart].mean() < -10
    assert 2.0 < np.mean(litres) < 5.0


def test_sites_lie_in_a_lung():
    chest = draw_chest(np.random.default_rng(0))
    random = np.random.default_rng(1)
    sites = np.array([chest.site(random, margin=9.0) for _ in range(50)])
    assert chest.lungs(sites.T).min() > 9.0


def test_the_trachea_holds_air_and_vessels_hold_blood():
    chest = draw_chest(np.random.default_rng(0))
    grid = axial_slice((144, 180), FIELD_MM, centre=(0.0, 0.0, CARINA[2] + 40.0))
    image = drawn_chest(grid, np.random.default_rng(0), chest)
    windpipe = np.hypot(grid.positions[0], grid.positions[1] - CARINA[1] - 1.6) < 6
    assert image[windpipe] == pytest.approx(np.full(windpipe.sum(), -990.0), abs=30)
    lungs = chest.lungs(grid.positions) > 3
    vessels = (image > -300) & lungs
    assert 0.01 < vessels.sum() / lungs.sum() < 0.2
