import numpy as np
import pytest

from cancergan.metrics.radiomics import RadiomicsSettings, region_of
from cancergan.metrics.radiomics.texture import texture_of
from cancergan.metrics.radiomics.zones import gldzm, glszm, zones_of
from tests.metrics.radiomics.brute import zones
from tests.metrics.radiomics.samples import SHAPES, levels, texture


@pytest.mark.parametrize("shape", SHAPES)
def test_zones_are_those_of_the_definition(shape):
    arrays = [levels(shape, seed) for seed in range(3)]
    found = zones_of(texture(arrays))
    for group, array in enumerate(arrays):
        chosen = found.group == group
        measured = zip(found.level[chosen], found.size[chosen], strict=True)
        expected = [(array[next(iter(zone))], len(zone)) for zone in zones(array)]
        assert sorted(measured) == sorted(expected)


def test_a_zone_lies_as_far_in_as_its_nearest_voxel():
    rings = np.array([[min(i, j, 6 - i, 6 - j) + 1 for j in range(7)] for i in range(7)])
    made = texture([rings])
    found = gldzm(made, zones_of(made))
    # Rings of level 1 to 4 lie 1 to 4 steps from the edge.
    assert found["large_distance_emphasis"] == pytest.approx((1 + 4 + 9 + 16) / 4)
    assert found["zone_distance_variance"] == pytest.approx(1.25)
    assert found["zone_percentage"] == pytest.approx(4 / 49)
    assert glszm(made, zones_of(made))["large_zone_emphasis"] == pytest.approx(
        (24**2 + 16**2 + 8**2 + 1) / 4
    )


def test_the_edge_is_that_of_the_region_as_drawn():
    image = np.where(np.indices((7, 7)).max(axis=0) < 3, 100.0, 1.0)
    settings = RadiomicsSettings.for_profile(bin_width=1, resegment=(0, 10))
    made = texture_of([region_of(image, None, None, settings)], settings)
    found = gldzm(made, zones_of(made))
    # The bright corner does not count, but is no edge: the dark zone still touches the frame.
    assert found["large_distance_emphasis"] == 1
    assert found["zone_percentage"] == pytest.approx(1 / 40)
