import pytest

from cancergan.metrics.radiomics.ngldm import dependence_counts
from tests.metrics.radiomics.brute import dependences
from tests.metrics.radiomics.samples import SHAPES, dictionary, levels, texture


@pytest.mark.parametrize("reach", [0, 1])
@pytest.mark.parametrize("shape", SHAPES)
def test_dependences_are_those_of_the_definition(shape, reach):
    arrays = [levels(shape, seed) for seed in range(3)]
    counts = dependence_counts(texture(arrays, dependence=reach))
    for group, array in enumerate(arrays):
        assert dictionary(counts, group) == dependences(array, reach)
