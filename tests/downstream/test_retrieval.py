"""Neighbours: by a distance worked out by hand, of other patients only."""

import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.retrieval import linear_probe, nearest, precision_at_k

KNOWN = np.array([[0.0, 7.0], [1.0, 7.0], [2.0, 7.0], [10.0, 7.0]])  # the second never varies


def test_the_nearest_come_first_and_distances_are_in_spreads():
    found = nearest([[1.9, 99.0]], KNOWN, 3)
    assert found.rows.tolist() == [[2, 1, 0]]
    assert found.distances[0] == pytest.approx(np.array([0.1, 0.9, 1.9]) / KNOWN[:, 0].std())


def test_scale_of_a_feature_does_not_matter():
    features = numpy_generator(0, "retrieval").normal(size=(30, 4))
    rows = nearest(features[:5], features[5:], 4).rows
    scaled = features * np.array([1.0, 1000.0, 1e-3, 5.0])
    assert (nearest(scaled[:5], scaled[5:], 4).rows == rows).all()


def test_cases_of_the_own_patient_do_not_count():
    found = nearest(
        [[2.0, 7.0]], KNOWN, 1, query_units=["p2"], known_units=["p0", "p1", "p2", "p3"]
    )
    assert found.rows.tolist() == [[1]]


def test_more_neighbours_than_there_are_is_refused():
    with pytest.raises(BadInputError, match="there are 4 known cases"):
        nearest([[2.0, 7.0]], KNOWN, 5)


def test_precision_is_the_share_of_the_same_class():
    found = nearest([[0.4, 7.0], [9.0, 7.0]], KNOWN, 2)
    assert precision_at_k(found, ["a", "b"], ["a", "a", "b", "b"]).tolist() == [1.0, 1.0]
    assert precision_at_k(found, ["b", "a"], ["a", "b", "b", "b"]).tolist() == [0.5, 0.0]


def test_a_probe_finds_what_is_linear():
    features = numpy_generator(1, "probe").normal(size=(60, 3))
    labels = np.where(features[:, 1] > 0, "x", "y")
    assert (linear_probe(features, labels.tolist(), features) == labels).mean() > 0.95
