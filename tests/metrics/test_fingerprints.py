"""Fingerprints are compared and held to rules as worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cancergan.core.errors import BadInputError
from cancergan.metrics.fingerprints import implications, keeps, tanimoto


def test_tanimoto_counts_bits_of_both_over_bits_of_either():
    found = tanimoto([[1, 1, 1, 0], [0, 0, 0, 0]], [[1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]])
    assert found == pytest.approx(np.array([[2 / 3, 0, 0], [0, 0, 1]]))


@given(arrays(np.int8, (5, 12), elements=st.integers(0, 1)))
def test_tanimoto_is_that_of_sets(rows):
    found = tanimoto(rows, rows)
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            a, b = set(np.flatnonzero(one)), set(np.flatnonzero(other))
            expected = len(a & b) / len(a | b) if a | b else 1.0
            assert found[i, j] == pytest.approx(expected)


def test_rules_are_those_that_every_compound_keeps():
    known = np.array([[1, 1, 0]] * 10 + [[0, 1, 0]] * 5 + [[0, 0, 1]] * 3)
    rules = implications(known)
    assert rules.tolist() == [[False, True, False], [False] * 3, [False] * 3]
    assert keeps(known, rules).all()
    assert keeps([[1, 0, 0], [0, 0, 0], [1, 1, 1]], rules).tolist() == [False, True, True]
    assert not implications(known, least=11)[0].any()


def test_what_are_no_bits_is_refused():
    with pytest.raises(BadInputError, match="of 0 and 1"):
        tanimoto([[0.5, 1]], [[1, 1]])
    with pytest.raises(BadInputError, match="3 and 2 bits"):
        tanimoto([[1, 0, 1]], [[1, 1]])
