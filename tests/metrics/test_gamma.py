"""The gamma index against cases that have a formula."""

import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.metrics.gamma import gamma_index, gamma_pass_rate


def test_equal_doses_agree_everywhere() -> None:
    dose = np.random.default_rng(0).uniform(1, 70, (6, 7, 8))
    found = gamma_index(dose, dose, (3, 3, 3))
    assert np.nanmax(found) == 0.0
    assert np.isnan(found).sum() == (dose < 0.1 * dose.max()).sum()


@pytest.mark.parametrize("local", [False, True])
def test_a_flat_dose_differs_in_dose_alone(local: bool) -> None:
    flat = np.full((5, 5, 5), 60.0)
    flat[0] = 30.0
    found = gamma_index(flat, flat + 0.9, (50, 2, 2), percent=3, local=local)
    assert found[2:].mean() == pytest.approx(0.9 / 1.8)  # 3 % of 60 Gy
    assert found[0].mean() == pytest.approx(0.9 / (0.9 if local else 1.8))


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_a_slope_trades_dose_for_place(axes: int) -> None:
    """On a line of slope a with dose c too much, the least is c / sqrt(dd^2 + (a dta)^2)."""
    slope, much, criterion, distance = 2.0, 1.5, 3.0, 2.0  # Gy/mm, Gy, Gy, mm
    line = 40 + slope * np.arange(31)
    dose = np.broadcast_to(line, (5,) * (axes - 1) + (31,)).copy()
    percent = 100 * criterion / dose.max()
    found = gamma_index(
        dose, dose + much, (1.0,) * axes, percent=percent, millimetres=distance, steps=40 // axes
    )
    expected = much / np.hypot(criterion, slope * distance)
    assert found[..., 5:-5].mean() == pytest.approx(expected, abs=2e-3)
    assert found[..., 5:-5].min() >= expected - 1e-9  # a search can only find too much


def test_a_shifted_edge_differs_by_its_shift() -> None:
    """Of a step that moved by less than a voxel's grid of places, the distance is the shift."""
    place = np.arange(41) * 1.0
    edge = np.clip((place - 20) * 1000, 0, 70)
    moved = np.clip((place - 23) * 1000, 0, 70)
    found = gamma_index(edge, moved, (1.0,), millimetres=2.0, most=3.0)
    assert found[21] == pytest.approx(3 / 2, abs=0.06)
    assert found[30] == 0.0


def test_more_than_the_most_is_the_most_and_no_dose_lies_beyond_the_grid() -> None:
    low, high = np.full((4, 4), 10.0), np.full((4, 4), 60.0)
    assert gamma_index(low, high, (2, 2), most=1.5) == pytest.approx(np.full((4, 4), 1.5))


def test_spacing_is_by_axis() -> None:
    dose = np.outer(np.linspace(20, 60, 21), np.ones(5))
    fine = gamma_index(dose, dose + 1.5, (1.0, 1.0))[10, 2]
    coarse = gamma_index(dose, dose + 1.5, (10.0, 1.0))[10, 2]
    other = gamma_index(dose, dose + 1.5, (1.0, 10.0))[10, 2]
    assert fine == other < coarse


def test_pass_rate_and_refusals() -> None:
    assert gamma_pass_rate([[0.2, 1.0], [1.01, np.nan]]) == pytest.approx(2 / 3)
    with pytest.raises(BadInputError, match="taken nowhere"):
        gamma_pass_rate([np.nan])
    with pytest.raises(BadInputError, match="must agree"):
        gamma_index(np.ones((3, 3)), np.ones((3, 3)), (1.0,))
    with pytest.raises(BadInputError, match="must be positive"):
        gamma_index(np.ones(3), np.ones(3), (1.0,), percent=0)
