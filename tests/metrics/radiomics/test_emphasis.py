import numpy as np
import pytest

from cancergan.metrics.radiomics.emphasis import counted, emphasis


def test_sparse_counts_are_the_same_whichever_way_they_are_counted():
    random = np.random.default_rng(0)
    group, level = random.integers(0, 3, 400), random.integers(1, 5, 400)
    size = random.integers(1, 6, 400)
    dense = counted(group, level, size, 3)
    # One far-off size makes the table of all cells too large to count in.
    sparse = counted(np.append(group, 2), np.append(level, 1), np.append(size, 10**6), 3)
    rest = sparse.size < 10**6
    assert (~rest).sum() == 1
    for name in ("group", "level", "size", "count"):
        np.testing.assert_array_equal(getattr(sparse, name)[rest], getattr(dense, name))


def test_features_worked_out_by_hand():
    # Level 1 in sizes 1 and 2, level 3 twice in size 1; the second matrix is empty.
    counts = counted(np.zeros(4, int), np.array([1, 1, 3, 3]), np.array([1, 2, 1, 1]), 2)
    found = emphasis(counts, size_name="size", short="short", long="long", low="any")
    by_hand = {
        "short_emphasis": (1 + 1 / 4 + 2) / 4,
        "long_emphasis": (1 + 4 + 2) / 4,
        "low_grey_level_any_emphasis": (2 + 2 / 9) / 4,
        "high_grey_level_any_emphasis": (2 + 18) / 4,
        "short_low_grey_level_emphasis": (1 + 1 / 4 + 2 / 9) / 4,
        "short_high_grey_level_emphasis": (1 + 1 / 4 + 18) / 4,
        "long_low_grey_level_emphasis": (1 + 4 + 2 / 9) / 4,
        "long_high_grey_level_emphasis": (1 + 4 + 18) / 4,
        "grey_level_non_uniformity": (4 + 4) / 4,
        "grey_level_non_uniformity_normalised": (4 + 4) / 16,
        "size_non_uniformity": (9 + 1) / 4,
        "size_non_uniformity_normalised": (9 + 1) / 16,
        "grey_level_variance": 1.0,
        "size_variance": 7 / 4 - (5 / 4) ** 2,
        "size_entropy": 1.5,
    }
    assert {name: figure[0] for name, figure in found.items()} == pytest.approx(by_hand)
    assert all(np.isnan(figure[1]) for figure in found.values())
