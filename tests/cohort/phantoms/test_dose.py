import numpy as np
import pytest

from cancergan.cohort.phantoms.dose import (
    Goals,
    delivered_dose,
    depth_dose,
    dose_at_volume,
    planned_dose,
    planned_fields,
)
from cancergan.cohort.phantoms.space import axial_slice, volume

FIELD = (200.0, 200.0, 60.0)


def water(grid):
    return np.hypot(grid.positions[0], grid.positions[1]) < 80


def test_depth_dose_builds_up_then_falls_exponentially():
    assert depth_dose(0) == pytest.approx(0.3)
    assert 5 < np.argmax(depth_dose(np.arange(200))) < 25
    assert depth_dose(150) / depth_dose(100) == pytest.approx(np.exp(-0.0046 * 50), rel=1e-6)


def test_one_wide_beam_through_water_follows_the_depth_dose():
    grid = axial_slice((100, 100), FIELD)
    body = np.abs(grid.positions[0]) < 80
    goals = Goals(np.ones(grid.shape), body.astype(float))
    dose = planned_dose(body.astype(float), body, goals, grid, beams=1, first=np.pi / 2)
    line = dose[50][body[50]]
    line = line if line[10] > line[-10] else line[::-1]
    inside = slice(15, -10)
    slope = np.polyfit(np.arange(len(line))[inside] * 2.0, np.log(line[inside]), 1)[0]
    assert slope == pytest.approx(-0.0046, rel=0.05)


@pytest.mark.parametrize("shape", [(64, 64), (40, 40, 15)])
def test_a_plan_covers_its_target_and_spares_the_rest(shape):
    grid = axial_slice(shape, FIELD) if len(shape) == 2 else volume(shape, FIELD)
    body, at = water(grid), grid.positions
    target = (np.hypot(at[0] - 20, at[1]) < 22) & (np.abs(at[2]) < 20)
    organ = np.hypot(at[0] + 30, at[1]) < 15
    aim, weight = np.where(target, 60.0, 10.0), np.where(target, 1.0, 0.03)
    weight[organ] = 0.3
    goals = Goals(aim, np.where(body, weight, 0.0))
    dose = planned_dose(body.astype(float), body, goals, grid, beams=16)
    assert np.median(dose[target]) == pytest.approx(60.0, rel=0.1)
    assert dose_at_volume(dose, target, 95) > 0.8 * 60
    assert dose[organ].mean() < 0.45 * 60
    assert dose.max() < 1.2 * 60
    assert (dose[~body] == 0).all()
    distance = np.hypot(at[0] - 20, at[1])[body & (np.abs(at[2]) < 1 + grid.spacing[0])]
    levels = dose[body & (np.abs(at[2]) < 1 + grid.spacing[0])]
    rings = [levels[(distance > r) & (distance < r + 8)].mean() for r in (0, 24, 36, 48)]
    assert np.all(np.diff(rings) < 0)


def test_dose_at_volume_is_the_percentile_of_openkbp():
    dose = np.arange(1, 1001) / 10.0
    everywhere = np.ones(1000, bool)
    assert dose_at_volume(dose, everywhere, 99) == pytest.approx(1.099)
    assert dose_at_volume(dose, everywhere, 95) == pytest.approx(5.095)
    assert dose_at_volume(dose, everywhere, 1) == pytest.approx(99.001)


@pytest.mark.parametrize("shape", [(48, 48), (24, 24, 5)])
def test_the_same_fields_through_the_same_patient_give_the_planned_dose(shape):
    grid = axial_slice(shape, FIELD) if len(shape) == 2 else volume(shape, FIELD)
    body = water(grid)
    target = np.hypot(grid.positions[0] - 20, grid.positions[1]) < 22
    goals = Goals(np.where(target, 60.0, 10.0), np.where(body, np.where(target, 1.0, 0.03), 0.0))
    density = body.astype(float)
    planned = planned_dose(density, body, goals, grid, beams=5)
    fields = planned_fields(density, body, goals, grid, beams=5)
    np.testing.assert_allclose(delivered_dose(fields, density), planned)
    # Twice the density: twice the depth of water before the target.
    assert delivered_dose(fields, 2 * density)[target].mean() < 0.85 * planned[target].mean()
