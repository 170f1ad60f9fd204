import numpy as np
import pytest

from cancergan.assessment.shift_meter.linear import (
    PENALTY,
    Ridge,
    folds_of,
    out_of_fold,
)
from cancergan.core.seeds import numpy_generator


def data(n: int = 60, d: int = 4) -> tuple[np.ndarray, np.ndarray]:
    random = numpy_generator(0, "linear")
    features = random.normal(3, 2, (n, d))
    return features, features @ random.normal(size=(d, 2)) + random.normal(size=(n, 2))


def test_ridge_equals_scikit_learns():
    from sklearn.linear_model import Ridge as Reference
    from sklearn.preprocessing import StandardScaler

    features, targets = data()
    scaler = StandardScaler().fit(features)
    reference = Reference(alpha=PENALTY * len(features)).fit(scaler.transform(features), targets)
    new = features[:7] + 0.5
    expected = reference.predict(scaler.transform(new))
    np.testing.assert_allclose(Ridge(features).scores(targets, new), expected, rtol=1e-9)


def test_out_of_fold_never_sees_its_own_fold():
    features, targets = data()
    folds = folds_of(60, seed=1)
    scores = out_of_fold(features, targets, folds)
    poisoned = targets.copy()
    poisoned[folds == 2] = 1e6
    np.testing.assert_array_equal(
        out_of_fold(features, poisoned, folds)[folds == 2], scores[folds == 2]
    )


def test_folds_are_even_within_strata():
    strata = np.repeat([0, 1], [50, 25])
    folds = folds_of(75, seed=0, strata=strata)
    for k in (0, 1):
        assert np.bincount(folds[strata == k]).tolist() == [10 - 5 * k] * 5
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(folds, folds_of(75, seed=1, strata=strata))
