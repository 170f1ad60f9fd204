import numpy as np
import pytest

from cancergan.cohort.phantoms.growth import Gompertz, after_growth, before_growth, radius_of
from cancergan.cohort.phantoms.shapes import positions


def test_gompertz_starts_at_its_volume_grows_at_its_rate_and_tends_to_its_limit():
    law = Gompertz(start=100.0, rate=0.02, decay=0.005)
    assert law.volume(0) == pytest.approx(100.0)
    assert (law.volume(0.01) - 100.0) / 0.01 == pytest.approx(100.0 * 0.02, rel=1e-3)
    assert law.volume(1e5) == pytest.approx(law.limit)
    assert law.limit == pytest.approx(100.0 * np.exp(4.0))
    # dV/dt = V (a - b log(V / V0)), its differential equation, in the middle of the growth.
    slope = (law.volume(200.1) - law.volume(199.9)) / 0.2
    now = law.volume(200)
    assert slope == pytest.approx(now * (0.02 - 0.005 * np.log(now / 100.0)), rel=1e-4)


def test_the_radius_is_that_of_the_ball():
    assert radius_of(4 / 3 * np.pi * 27) == pytest.approx(3.0)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_growth_is_undone(dimensions):
    at = np.random.default_rng(0).uniform(-20, 20, (dimensions, 200))
    there = before_growth(after_growth(at, radius=8.0, share=0.7), radius=8.0, share=0.7)
    assert there == pytest.approx(at)


def test_tissue_outside_keeps_its_volume_and_inside_shrinks_back():
    at = positions((41, 41, 41), spacing=0.5)
    old = before_growth(at, radius=5.0, share=0.6)
    jacobian = np.stack([np.stack(np.gradient(old[i], 0.5)) for i in range(3)])
    volume = np.linalg.det(np.moveaxis(jacobian, (0, 1), (-2, -1)))
    distance = np.sqrt((at**2).sum(axis=0))
    assert np.median(volume[(distance > 6.5) & (distance < 9)]) == pytest.approx(1.0, abs=0.01)
    assert np.median(volume[distance < 4]) == pytest.approx(0.4, abs=0.01)
