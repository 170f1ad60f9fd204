import numpy as np
import pytest

from cancergan.cohort.phantoms.ct import (
    AIR,
    CORTEX,
    FAT,
    Build,
    bone,
    ribs,
    scanned,
    spine,
    trunk,
)
from cancergan.cohort.phantoms.space import axial_slice, volume

FIELD = (360.0, 288.0, 120.0)
BUILD = Build((160.0, 115.0), fat=20.0)


def test_a_trunk_is_air_fat_and_muscle_and_its_fat_is_as_thick_as_asked():
    grid = axial_slice((288, 360), FIELD)
    image, inner = trunk(grid, np.random.default_rng(0), BUILD)
    middle = image[144]
    assert image[0, 0] == pytest.approx(AIR)
    # From the right along the middle row: skin, then fat as thick as asked, then muscle.
    row = np.arange(360) - 179.5 + 160.0
    fat = (row > 4) & (row < 18)
    assert middle[fat] == pytest.approx(FAT, abs=3)
    assert middle[(row > 22) & (row < 25)].min() > 20
    assert (inner[144] > 0).sum() == pytest.approx(2 * (160 - 36), abs=3)


def test_bone_has_a_cortex_around_marrow():
    image = np.zeros(3)
    bone(image, np.array([-30.0, 1.0, 30.0]), edge=0.01)
    assert image.tolist() == [0, CORTEX, 180]


def test_the_spine_has_a_vertebra_every_30_mm_and_a_canal():
    grid = volume((60, 60, 90), (120.0, 120.0, 90.0))
    image = np.full(grid.shape, FAT)
    spine(grid, image, back=0.0)
    column = image[30, 30]
    discs = (column < 110) & (column > 60)
    assert discs.sum() == pytest.approx(3 * 30 * np.arccos(0.82) / np.pi, abs=4)
    assert image[30, 19].max() < 60


def test_ribs_recur_every_30_mm():
    grid = volume((90, 72, 120), FIELD)
    image, inner = trunk(grid, np.random.default_rng(0), BUILD)
    before = image.copy()
    ribs(grid, image, inner, spine_at=-60.0, phase=0.2)
    drawn = image > before + 200
    assert drawn.any()
    assert (drawn[:, :, :90] == drawn[:, :, 30:]).mean() > 0.999


def test_a_scan_is_noisy_as_asked_whole_and_its_noise_rises_with_frequency():
    grid = axial_slice((128, 128), (200.0, 200.0, 1.0))
    seen = scanned(
        np.full(grid.shape, 40.0), grid, np.random.default_rng(0), noise=20.0, scanner="scanner_1"
    )
    assert seen.dtype == np.int16
    assert seen.std() == pytest.approx(20.0, rel=0.02)
    power = np.abs(np.fft.fft2(seen - seen.mean())) ** 2
    assert power[0, 1:6].mean() < 0.5 * power[0, 16:24].mean()
