import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.identifiability import identifiability, identifiable


def drawn(n: int, purpose: str) -> np.ndarray:
    return numpy_generator(0, "identifiability", purpose).normal(size=(n, 6))


def test_copies_identify_everybody_and_what_lies_far_away_nobody():
    real = drawn(50, "real")
    assert identifiability(real, real + 1e-6) == 1
    assert identifiability(real, real + 100) == 0


def test_fresh_records_identify_about_half():
    """Whether the nearest of n fresh and n - 1 other real records is fresh is a coin's fall."""
    found = identifiability(drawn(400, "one"), drawn(400, "two"))
    assert found == pytest.approx(400 / 799, abs=0.08)  # three standard errors


def test_each_record_is_judged_by_its_own_nearest_neighbour():
    real = np.array([[0.0], [1.0], [4.0], [9.0]])
    synthetic = np.array([[0.4], [6.5]])
    # distances to the nearest real: 1, 1, 3, 5; to the nearest synthetic: 0.4, 0.6, 2.5, 2.5
    assert identifiable(real, synthetic).tolist() == [True] * 4
    assert identifiable(real, np.array([[2.5]])).tolist() == [False, False, True, False]


def test_a_column_of_few_values_weighs_more_and_units_do_not_matter():
    random = numpy_generator(0, "weights")
    real = np.stack([random.normal(size=200), (random.random(200) < 0.05) * 1.0], axis=1)
    synthetic = real + np.array([0.2, 0.0])
    assert identifiability(real, synthetic) == identifiability(
        real * [1000, 1], synthetic * [1000, 1]
    )
    # the rare column, disturbed by the same share of its spread, tells more records apart
    rare = real + np.array([0.0, 0.2]) * real.std(axis=0)
    common = real + np.array([0.2, 0.0]) * real.std(axis=0)
    assert identifiability(real, rare) < identifiability(real, common)


def test_one_record_alone_is_refused():
    with pytest.raises(BadInputError, match="1 real record"):
        identifiability(np.zeros((1, 2)), np.zeros((3, 2)))
