import numpy as np

from cancergan.metrics.radiomics.counting import totals


def test_weights_are_summed_by_key():
    assert totals(np.array([3, 0, 3]), np.array([0.5, 2.0, 1.0]), 5).tolist() == [2, 0, 0, 1.5, 0]
