import numpy as np
import pytest

from cancergan.cohort.phantoms.trees import MURRAY, STEPS, grown_tree

TREE = {"start": np.zeros(3), "headings": np.eye(3)[:2], "radius": 4.0, "generations": 5}


def test_branches_obey_murrays_law():
    _, radii = grown_tree(np.random.default_rng(0), **TREE)
    first = 0
    for generation in range(5):
        count = 2 * 2**generation * STEPS
        cubes = radii[first : first + count : STEPS] ** 3
        assert cubes.sum() == pytest.approx(2 * 4.0**3)
        first += count
    assert first == len(radii)
    assert pytest.approx(0.5) == MURRAY**3


def test_points_of_a_branch_are_closer_than_its_radius_where_it_is_wide():
    points, radii = grown_tree(np.random.default_rng(0), **TREE)
    apart = np.linalg.norm(np.diff(points[:STEPS], axis=0), axis=1)
    assert apart.max() < radii[0]
    assert np.linalg.norm(points[0]) < radii[0]
