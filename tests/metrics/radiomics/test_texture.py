import numpy as np

from cancergan.metrics.radiomics.region import region_of
from cancergan.metrics.radiomics.settings import RadiomicsSettings
from cancergan.metrics.radiomics.texture import texture_of


def texture(shapes, **changes):
    settings = RadiomicsSettings.for_profile(bin_width=1, **changes)
    arrays = [np.arange(float(np.prod(shape))).reshape(shape) for shape in shapes]
    return texture_of([region_of(array, None, None, settings) for array in arrays], settings)


def test_regions_are_framed_by_zeros():
    found = texture([(2, 3), (3, 2)])
    assert found.levels.shape == (2, 5, 5)
    assert found.levels[0, 1:3, 1:4].tolist() == [[1, 2, 3], [4, 5, 6]]
    edges = (found.levels[:, [0, -1]], found.levels[:, :, [0, -1]], found.levels[0, 3])
    assert not any(edge.any() for edge in edges)
    assert found.highest.tolist() == [6, 6]


def test_half_of_all_directions_and_their_strides():
    flat, solid = texture([(2, 3)]), texture([(2, 2, 2)])
    assert (len(flat.directions), len(solid.directions)) == (4, 13)
    assert [flat.stride(direction) for direction in flat.directions] == [1, 4, 5, 6]
    assert min(solid.stride(direction) for direction in solid.directions) == 1


def test_slices_become_units_and_groups_follow_the_choices():
    shapes = [(4, 4, 3), (4, 4, 2)]
    solid, by_slice, joined = (
        texture(shapes, neighbourhood=choice, directions="average")
        for choice in ("3D", "2D", "2.5D")
    )
    assert (len(solid.levels), len(by_slice.levels), len(joined.levels)) == (2, 6, 6)
    assert by_slice.levels[1, 1:5, 1:5].ravel().tolist() == list(range(2, 49, 3))
    assert (solid.groups(13), by_slice.groups(4), joined.groups(4)) == (26, 24, 8)
    assert by_slice.group_of_units(2, directions=4).tolist() == [2, 6, 10, 14, 18, 22]
    assert joined.group_of_units(2, directions=4).tolist() == [2, 2, 2, 6, 6, 6]
    assert joined.region_of_groups(4).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_the_mean_leaves_empty_matrices_out():
    found = texture([(2, 2), (2, 2)], directions="average")
    figures = np.array([1, np.nan, 3, np.nan, np.nan, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.mean(figures), [2, np.nan])
