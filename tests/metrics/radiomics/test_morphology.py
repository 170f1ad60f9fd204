import numpy as np
import pytest
from scipy.special import eval_legendre

from cancergan.metrics.radiomics.morphology import (
    Ellipsoid,
    ellipsoid_area,
    morphology_features,
    principal_axes,
)
from cancergan.metrics.radiomics.region import region_of
from cancergan.metrics.radiomics.settings import RadiomicsSettings


def shape_of(mask, spacing, image=None):
    settings = RadiomicsSettings.for_profile()
    values = np.indices(mask.shape)[0] + 1.0 if image is None else image
    return morphology_features(region_of(values, mask, spacing, settings))


def ball(radius, spacing):
    sides = [int(2 * radius / step) + 5 for step in spacing]
    grid = np.indices(sides)
    centred = [
        (axis - (side - 1) / 2) * step
        for axis, side, step in zip(grid, sides, spacing, strict=True)
    ]
    return sum(axis**2 for axis in centred) <= radius**2


def test_a_ball_is_round():
    found = shape_of(ball(20, (1, 1, 1.5)), (1, 1, 1.5))
    assert found["volume"] == pytest.approx(4 / 3 * np.pi * 20**3, rel=0.01)
    assert found["maximum_diameter"] == pytest.approx(40, abs=1.5)
    # The staircase of a mask has a greater surface than the ball, by about a twelfth.
    assert 0.9 < found["sphericity"] < 1
    assert found["elongation"] == pytest.approx(1, abs=0.01)
    # The eigenvalues of a ball are r^2 / 5, so the ellipsoid's semi-axes are 2 r / sqrt(5).
    assert found["volume_density_ellipsoid"] == pytest.approx((5**0.5 / 2) ** 3, rel=0.01)
    assert found["spherical_disproportion"] == pytest.approx(1 / found["sphericity"])
    assert found["compactness_2"] == pytest.approx(found["sphericity"] ** 3)


def test_a_box_has_the_extents_it_was_given():
    mask = np.zeros((14, 12, 10), dtype=bool)
    mask[2:12, 3:9, 4:7] = True
    found = shape_of(mask, (1.0, 2.0, 3.0))
    assert found["approximate_volume"] == 10 * 6 * 3 * 6
    # The corners of the outermost voxels' centres, moved out by half a voxel along one axis.
    assert found["maximum_diameter"] == pytest.approx(np.hypot(np.hypot(10, 10), 6), abs=1)
    variances = np.array([(n**2 - 1) / 12 * s**2 for n, s in ((10, 1), (6, 2), (3, 3))])
    expected = np.sort(4 * np.sqrt(variances * 180 / 179))[::-1]
    names = ("major_axis_length", "minor_axis_length", "least_axis_length")
    assert [found[name] for name in names] == pytest.approx(expected)


def test_a_figure_of_two_dimensions():
    found = shape_of(ball(20, (0.5, 0.5)), (0.5, 0.5))
    assert found["surface"] == pytest.approx(np.pi * 400, rel=0.01)
    # In steps of 45 degrees, an outline is at most 8 % longer than a smooth one.
    assert 1 < found["perimeter"] / (2 * np.pi * 20) < 1.083
    assert found["maximum_diameter"] == pytest.approx(40, abs=1)
    assert found["surface_density_ellipse"] == pytest.approx(1, rel=0.01)
    assert found["elongation"] == pytest.approx(1, abs=0.01)


def test_the_centre_of_mass_moves_to_the_bright_end():
    image = np.zeros((1, 5))
    image[0] = [1, 1, 1, 1, 6]
    found = shape_of(np.ones((1, 5), dtype=bool), (1.0, 2.0), image)
    assert found["centre_of_mass_shift"] == pytest.approx(2 * ((6 + 24) / 10 - 2))


@pytest.mark.parametrize("axes", [(10, 8, 6), (12, 12, 4), (9, 3, 3)])
def test_the_area_of_an_ellipsoid_is_the_series_that_the_ibsi_prints(axes):
    a, b, c = (axis / 2 for axis in axes)
    # A little off where the printed form divides 0 by 0.
    alpha, beta = np.sqrt(1 - (b / a) ** 2) + 1e-9, np.sqrt(1 - (c / a) ** 2) + 1e-9
    k = np.arange(21)
    polynomials = eval_legendre(k, (alpha**2 + beta**2) / (2 * alpha * beta))
    terms = (alpha * beta) ** k / (1 - 4.0 * k**2) * polynomials
    expected = 4 * np.pi * a * b * terms.sum()
    assert ellipsoid_area(Ellipsoid(axes)) == pytest.approx(expected, rel=1e-6)


def test_the_area_of_a_sphere_and_of_a_disc():
    assert ellipsoid_area(Ellipsoid((4, 4, 4))) == pytest.approx(4 * np.pi * 4)
    assert np.isnan(ellipsoid_area(Ellipsoid((4, 4, 0))))


def test_a_single_voxel_has_no_axes():
    assert principal_axes(np.ones((1, 1, 1), dtype=bool), (1, 1, 1)).axes == (0, 0, 0)
