"""Detectors of edits: what their figures mean, and that they see what they should."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.tampering_detectors import (
    fitted,
    noise_level,
    residual,
    shell_statistics,
    tampering_detectors,
)
from cancergan.metrics.classification import auc


@pytest.mark.parametrize("spatial", [(64, 64), (20, 20, 20)])
def test_the_residual_leaves_ramps_out_and_keeps_the_deviation_of_white_noise(spatial):
    grid = np.stack(np.meshgrid(*map(np.arange, spatial), indexing="ij")).sum(axis=0) * 3.0
    inner = (slice(1, -1),) * len(spatial)
    assert np.abs(residual(grid[None, None])[0, 0][inner]).max() < 1e-9
    noise = 5.0 * numpy_generator(0, "noise").standard_normal((1, *spatial))
    assert noise_level(noise + grid) == pytest.approx(5.0, rel=0.1)


def test_shells_are_flat_for_white_noise_and_step_down_where_the_middle_is_smooth():
    noise = numpy_generator(0, "noise").standard_normal((40, 1, 16, 16, 16))
    levels = shell_statistics(noise)[:, 6:].mean(axis=0)
    assert np.ptp(levels[1:]) < 0.1  # the first shell holds few pixels
    edited = shell_statistics(_smoothed(noise))[:, 6:].mean(axis=0)
    assert edited[0] < levels[0] - 1
    assert edited[-1] == pytest.approx(levels[-1], abs=0.05)


@pytest.mark.parametrize("name", sorted(tampering_detectors))
def test_a_detector_sees_smoothed_middles_and_nothing_where_nothing_is(name):
    random = numpy_generator(1, "crops")
    crops = random.standard_normal((96, 1, 16, 16)).astype(np.float32)
    truth = np.arange(96) % 2 == 1
    shown = np.where(truth[:, None, None, None], _smoothed(crops), crops).astype(np.float32)
    score = fitted(name, shown[:64], truth[:64], steps=40, seed=0)
    assert auc(truth[64:].astype(int), score(shown[64:])) > 0.95
    nothing = auc(truth[64:].astype(int), score(crops[64:]))
    assert 0.2 < nothing < 0.8


def test_an_unknown_detector_is_named():
    with pytest.raises(BadInputError, match="tampering detector"):
        fitted("oracle", np.zeros((2, 1, 8, 8)), [0, 1], steps=1, seed=0)


def _smoothed(crops):
    middle = np.zeros(crops.shape[2:], bool)
    middle[tuple(slice(n // 4, n - n // 4) for n in middle.shape)] = True
    smooth = gaussian_filter(crops, (0, 0) + (2,) * middle.ndim)
    return np.where(middle, smooth, crops)
