import sys

import numpy as np
import pytest

from cancergan.cohort.curation.bias_field import BiasField
from cancergan.core.errors import BadInputError, MissingExtraError
from tests.cohort.curation.plants import case
from tests.cohort.curation.test_foreground import disc


def head_with_bias(shape=(64, 64)):
    """Return two tissues with noise, their mask, and the planted field (mean 1 over the head)."""
    head = disc(shape, (32, 32), 28)
    tissue = np.where(disc(shape, (32, 32), 14), 140.0, 100.0) * head
    noisy = tissue + np.random.default_rng(0).normal(0, 2, shape) * head
    y, x = np.mgrid[: shape[0], : shape[1]] / shape[0]
    field = np.exp(0.9 * (x - 0.5) + 0.5 * (y - 0.5) ** 2)
    field /= field[head].mean()
    return noisy, head, field


def spread(image, tissue):
    return float(image[tissue].std() / image[tissue].mean())


def test_a_planted_field_is_taken_out():
    pytest.importorskip("SimpleITK", reason="needs the extra curation")
    noisy, head, field = head_with_bias()
    shaded = np.clip(noisy * field, 0, None)
    corrected = BiasField(shrink=1).apply(case(shaded[None])).image[0]
    outer = head & ~disc(head.shape, (32, 32), 16) & disc(head.shape, (32, 32), 26)
    assert spread(shaded, outer) > 0.15
    assert spread(corrected, outer) < 0.05
    found = shaded[outer] / corrected[outer]
    assert np.corrcoef(found, field[outer])[0, 1] > 0.97
    assert corrected[outer].mean() == pytest.approx(shaded[outer].mean(), rel=0.1)


def test_only_magnitudes_are_corrected():
    with pytest.raises(BadInputError, match="negative"):
        BiasField().apply(case(-np.ones((1, 16, 16))))


def test_a_missing_package_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cancergan\[curation\]'"):
        BiasField().apply(case(head_with_bias()[0].clip(0)[None]))
