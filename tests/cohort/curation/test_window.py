import numpy as np
import pytest
from pydantic import ValidationError

from cancergan.cohort.curation.window import Window
from cancergan.cohort.curation.window_presets import presets
from cancergan.core.errors import BadInputError
from tests.cohort.curation.plants import case


def test_a_ct_window_clips_and_keeps_hounsfield_units():
    image = np.array([[[-2000.0, -1350, -600, 150, 900]]])
    assert Window(preset="ct_lung").apply(case(image)).image[0, 0].tolist() == [
        -1350, -1350, -600, 150, 150,
    ]  # fmt: skip


def test_two_numbers_do_as_well():
    assert Window(low=0, high=10).apply(case([[[-3.0, 4, 30]]])).image[0, 0].tolist() == [0, 4, 10]


def test_a_percentile_window_forgets_gain_and_offset():
    random = np.random.default_rng(0)
    image = np.zeros((1, 64, 64))
    image[:, 10:50, 10:50] = random.uniform(50, 200, (40, 40))
    first = Window(preset="mr_percentile").apply(case(image)).image
    second = Window(preset="mr_percentile").apply(case(image * 7.5)).image
    np.testing.assert_allclose(first, second, atol=1e-5)
    assert (first.min(), first.max()) == (0.0, 1.0)
    inside = first[:, 12:48, 12:48]
    assert 0.55 < inside.mean() < 0.7


def test_presets_are_windows():
    assert {"ct_lung", "ct_soft_tissue", "ct_bone", "ct_brain", "mr_percentile"} <= set(presets)
    assert all(preset.low < preset.high and preset.use for preset in presets.values())
    assert (presets["ct_soft_tissue"].low, presets["ct_soft_tissue"].high) == (-160, 240)


@pytest.mark.parametrize("settings", [{}, {"low": 1}, {"low": 2, "high": 1},
                                      {"preset": "ct_lung", "low": 1, "high": 2}])  # fmt: skip
def test_half_a_window_is_refused(settings):
    with pytest.raises(ValidationError, match=r"preset|not below"):
        Window(**settings)


def test_nan_is_refused():
    with pytest.raises(BadInputError, match="NaN"):
        Window(preset="ct_bone").apply(case([[[np.nan]]]))
