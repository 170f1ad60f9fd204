import numpy as np
import pytest

from cancergan.metrics.radiomics.surface import outline_of, surface_of


def test_a_voxel_is_an_octahedron():
    found = surface_of(np.ones((1, 1, 1), dtype=bool), (1.0, 1.0, 2.0))
    assert found.volume == pytest.approx(2 / 6)
    assert found.diameter == 2
    assert found.diameter_across(2) == 1


def test_a_box_lacks_its_edges():
    # Half a voxel out from the outer centres on every face, bevelled at edges and corners.
    found = surface_of(np.ones((4, 5, 6), dtype=bool), (1.0, 1.0, 1.0))
    edges = 4 * (3 + 4 + 5)
    assert found.volume == pytest.approx(4 * 5 * 6 - edges / 8 - 8 * (1 / 8 - 1 / 48))
    assert found.hull[0] == pytest.approx(found.volume)
    assert found.hull[1] == pytest.approx(found.area)


def test_a_rectangle_lacks_its_corners():
    found = outline_of(np.ones((3, 5), dtype=bool), (1.0, 2.0))
    assert found.volume == pytest.approx(3 * 10 - 4 * 2 / 8)
    assert found.area == pytest.approx(2 * 2 + 2 * 8 + 4 * np.hypot(0.5, 1))
    assert found.hull[0] == pytest.approx(found.volume)
    assert found.diameter == pytest.approx(np.hypot(10, 2))


@pytest.mark.parametrize("mask", [[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
def test_pixels_that_touch_at_a_corner_are_two_diamonds(mask):
    found = outline_of(np.array(mask, dtype=bool), (1.0, 1.0))
    assert found.volume == pytest.approx(2 * 0.5)
    assert found.area == pytest.approx(2 * 4 * np.sqrt(0.5))


def test_a_hole_counts_as_an_edge():
    mask = np.ones((5, 5), dtype=bool)
    mask[2, 2] = False
    full = outline_of(np.ones((5, 5), dtype=bool), (1.0, 1.0))
    found = outline_of(mask, (1.0, 1.0))
    assert found.volume == pytest.approx(full.volume - 0.5)
    assert found.area == pytest.approx(full.area + 4 * np.sqrt(0.5))
