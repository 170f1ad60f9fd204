import numpy as np

from cancergan.metrics.radiomics import FAMILIES, radiomics
from cancergan.metrics.radiomics.names import as_pyradiomics, feature_names
from tests.metrics.radiomics.phantoms import tissue


def test_every_feature_that_is_measured_is_named_and_the_other_way_round():
    measured = set(radiomics(tissue(8, 8)).values) | set(radiomics(tissue(8, 8, 8)).values)
    of_pyradiomics_alone = {"glcm_maximal_correlation_coefficient"}
    assert set(feature_names()) == measured | of_pyradiomics_alone
    assert all(name.startswith(FAMILIES) for name in feature_names())


def test_no_two_features_share_a_name():
    for other in ("ibsi", "pyradiomics"):
        names = [getattr(name, other) for name in feature_names().values()]
        assert len([n for n in names if n]) == len({n for n in names if n})


def test_pyradiomics_counts_kurtosis_from_zero_and_names_shapes_by_their_dimensions():
    columns = {
        "intensity_kurtosis": np.array([-0.5]),
        "histogram_mode": np.array([1.0]),
        "morphology_maximum_diameter": np.array([9.0]),
        "morphology_perimeter": np.array([30.0]),
    }
    assert as_pyradiomics(columns, dimensions=2) == {
        "original_firstorder_Kurtosis": np.array([2.5]),
        "original_shape2D_MaximumDiameter": np.array([9.0]),
        "original_shape2D_Perimeter": np.array([30.0]),
    }
