"""Distances of tables against values known by hand."""

import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.metrics.tables import correlation_difference, correlations, marginal_distances


def test_a_shift_is_the_distance_and_order_does_not_matter():
    real = np.random.default_rng(0).normal(size=(50, 3))
    moved = real[::-1] + np.array([0.0, 1.5, -2.0])
    np.testing.assert_allclose(marginal_distances(real, moved), [0, 1.5, 2.0], atol=1e-12)


def test_correlations_are_those_of_numpy_and_constant_columns_have_none():
    rows = np.random.default_rng(1).normal(size=(40, 4))
    np.testing.assert_allclose(correlations(rows), np.corrcoef(rows, rowvar=False), atol=1e-12)
    rows[:, 2] = 0.1
    assert correlations(rows)[2].tolist() == [0, 0, 0, 0]


def test_opposed_columns_differ_by_two():
    x = np.arange(10.0)
    assert correlation_difference(np.c_[x, x], np.c_[x, -x]) == pytest.approx(2.0)
    assert correlation_difference(np.c_[x], np.c_[-x]) == 0.0


def test_other_columns_are_refused():
    with pytest.raises(BadInputError, match="equal columns"):
        marginal_distances(np.zeros((3, 2)), np.zeros((3, 1)))
