import numpy as np
import pytest

from cancergan.cohort.phantoms.shapes import blob, positions
from cancergan.cohort.phantoms.solids import (
    body_depth,
    draw_bumps,
    ellipsoid,
    paint,
    superellipse,
    union,
    without,
)
from cancergan.cohort.phantoms.space import FAR

AT = positions((61, 61, 61))


def test_the_depth_in_a_ball_is_exact():
    depth = ellipsoid(AT, (1.0, 0.0, 0.0), (20.0, 20.0, 20.0))
    distance = np.sqrt(((AT - np.reshape((1, 0, 0), (3, 1, 1, 1))) ** 2).sum(axis=0))
    assert depth == pytest.approx(20 - distance, abs=1e-6)


def test_an_ellipsoid_has_its_volume_and_slope_1_at_its_surface():
    depth = ellipsoid(AT, (0.0, 0.0, 0.0), (24.0, 12.0, 18.0))
    assert (depth > 0).sum() == pytest.approx(4 / 3 * np.pi * 24 * 12 * 18, rel=0.01)
    slope = np.sqrt(sum(part**2 for part in np.gradient(depth)))
    assert slope[np.abs(depth) < 0.5].mean() == pytest.approx(1.0, abs=0.05)


def test_a_superellipse_of_power_2_is_an_ellipse():
    depth = superellipse(AT[0, :, :, 0], AT[1, :, :, 0], (25.0, 15.0), power=2.0)
    assert (depth > 0).sum() == pytest.approx(np.pi * 25 * 15, rel=0.02)


def test_a_body_is_as_deep_as_itself_nearby_and_far_outside_elsewhere():
    body = blob(np.random.default_rng(0), radius=6.0, dimensions=3)
    depth = body_depth(AT, body, edge=1.0)
    exact = body.depth(AT)
    assert depth[exact > 0] == pytest.approx(exact[exact > 0])
    assert depth[0, 0, 0] == FAR


def test_union_and_difference():
    one, two = np.array([3.0, -1.0, -4.0]), np.array([1.0, 2.0, -4.0])
    assert union(one, two).tolist() == [3, 2, -4]
    # Where both are equally deep the seam is filled by a quarter of the blend.
    assert union(one, two, blend=2.0)[2] == pytest.approx(-3.5)
    assert without(one, two).tolist() == [-1, -2, -4]


def test_paint_replaces_inside_and_halves_on_the_edge():
    image = np.zeros(3)
    paint(image, np.array([-20.0, 0.0, 20.0]), 10.0, edge=1.0)
    assert image == pytest.approx([0, 5, 10])


def test_bumps_have_their_height_and_length():
    heights, lengths = [], []
    for seed in range(30):
        bumps = draw_bumps(np.random.default_rng(seed), fields=1, height=2.0, length=15.0, waves=12)
        field = bumps.waves(AT, 0)
        heights.append(field.std())
        slope = np.sqrt(sum(part**2 for part in np.gradient(field)).mean())
        lengths.append(2 * np.pi * field.std() / slope)
    assert np.mean(heights) == pytest.approx(2.0, rel=0.1)
    assert np.mean(lengths) == pytest.approx(15.0, rel=0.15)
