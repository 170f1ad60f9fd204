import numpy as np
import pytest

from cancergan.cohort.phantoms.shapes import (
    blob,
    distance_to_borders,
    distance_to_points,
    inner_point,
    positions,
    random_curve,
    rotation,
    scattered,
    soft_edge,
)


def test_positions_are_millimetres_from_the_middle_or_a_point():
    at = positions((3, 5), spacing=(2.0, 0.5))
    assert at[:, 1, 2].tolist() == [0, 0]
    assert at[:, 0, 0].tolist() == [-2.0, -1.0]
    assert positions((3, 5), spacing=(2.0, 0.5), centre=(4.0, 0.5))[:, 2, 1].tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("options", [{}, {"spikes": 9, "spike_height": 0.7}, {"elongation": 1.8}])
def test_a_blob_has_the_area_of_its_disc(seed, options):
    random = np.random.default_rng(seed)
    body = blob(random, radius=10.0, irregularity=0.2, detail=4.0, **options)
    inside = body.contains(positions((300, 300), spacing=0.2))
    assert inside.sum() * 0.04 == pytest.approx(np.pi * 100, rel=0.02)


@pytest.mark.parametrize("seed", range(2))
def test_a_blob_has_the_volume_of_its_ball(seed):
    random = np.random.default_rng(seed)
    body = blob(random, radius=9.0, dimensions=3, irregularity=0.15, elongation=1.5)
    inside = body.contains(positions((60, 60, 60), spacing=0.8))
    assert inside.sum() * 0.8**3 == pytest.approx(4 / 3 * np.pi * 9**3, rel=0.02)


def test_a_smooth_blob_is_a_ball_and_its_depth_is_the_distance_below_the_surface():
    body = blob(np.random.default_rng(0), radius=5.0, irregularity=0.0)
    assert body.depth(np.array([[0.0, 3.0, 0.0], [0.0, 4.0, 7.0]])) == pytest.approx([5, 0, -2])


def test_an_elongated_blob_that_is_not_turned_lies_along_the_last_axis():
    body = blob(
        np.random.default_rng(0), radius=10.0, irregularity=0.0, elongation=2.0, turned=False
    )
    rows, columns = np.nonzero(body.contains(positions((80, 80))))
    assert np.ptp(columns) / np.ptp(rows) == pytest.approx(2.0, rel=0.08)


def test_irregularity_is_the_spread_of_the_outline():
    angle = np.linspace(0, 2 * np.pi, 200)
    around = np.stack([np.sin(angle), np.cos(angle)])
    spreads = [
        np.log(
            blob(np.random.default_rng(seed), radius=1, irregularity=0.1, detail=6).reach(around)
        ).std()
        for seed in range(40)
    ]
    assert np.sqrt(np.mean(np.square(spreads))) == pytest.approx(0.1, rel=0.2)


def test_soft_edge_is_half_on_the_edge():
    assert soft_edge(np.array([-50.0, 0.0, 50.0]), 1.0) == pytest.approx([0, 0.5, 1])
    assert soft_edge(np.array([0.5]), 1.0) == pytest.approx(1 / (1 + np.exp(-2)))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_rotation_is_orthogonal(dimensions):
    turn = rotation(np.random.default_rng(0), dimensions)
    assert turn @ turn.T == pytest.approx(np.eye(dimensions))


def test_inner_points_keep_their_margin_and_fill_the_rest():
    random = np.random.default_rng(0)
    points = np.array([inner_point(random, (21, 41), spacing=0.5, margin=2.0) for _ in range(500)])
    assert points.min(axis=0) == pytest.approx([2, 2], abs=0.3)
    assert points.max(axis=0) == pytest.approx([8, 18], abs=0.3)
    assert inner_point(random, (5, 5), margin=9.0).tolist() == [2.0, 2.0]


def test_a_straight_curve_is_straight_and_as_long_as_asked():
    curve = random_curve(
        np.random.default_rng(0), start=(1, 2), heading=(0, 3), length=10, bend=0.0, step=0.5
    )
    assert curve[0].tolist() == [1, 2]
    assert curve[-1] == pytest.approx([1, 12])
    assert len(curve) == 21


def test_a_bent_curve_keeps_its_step():
    curve = random_curve(np.random.default_rng(0), start=(0, 0, 0), heading=(1, 1, 0), length=30)
    assert np.linalg.norm(np.diff(curve, axis=0), axis=1) == pytest.approx(np.full(60, 0.5))


def test_distances_are_those_of_brute_force():
    points = np.random.default_rng(0).uniform(0, 12, (7, 2))
    pixels = np.stack(np.indices((9, 11)), axis=-1)
    brute = np.sort(np.linalg.norm(pixels[..., None, :] - points, axis=-1), axis=-1)
    assert distance_to_points((9, 11), points) == pytest.approx(brute[..., 0])
    assert distance_to_borders((9, 11), points) == pytest.approx(brute[..., 1] - brute[..., 0])
    near = distance_to_points((9, 11), points, within=1.5)
    assert np.isinf(near[brute[..., 0] >= 1.5]).all()
    assert near[brute[..., 0] < 1.5] == pytest.approx(brute[..., 0][brute[..., 0] < 1.5])


def test_scattered_points_are_one_to_a_cell_around_the_image():
    points = scattered(np.random.default_rng(0), (40, 60), distance=10.0, margin=10.0)
    cells = np.floor(points / 10).astype(int)
    assert len(points) == 6 * 8
    assert len(np.unique(cells, axis=0)) == len(points)
