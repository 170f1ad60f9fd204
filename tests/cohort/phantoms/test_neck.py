import numpy as np
import pytest

from cancergan.cohort.phantoms.neck import (
    FIELD_MM,
    MIDDLE,
    SITES,
    STRUCTURES,
    draw_neck,
    drawn_neck,
)
from cancergan.cohort.phantoms.space import volume

GRID = volume((64, 64, 50), FIELD_MM, centre=MIDDLE)


@pytest.fixture(scope="module")
def drawn():
    neck = draw_neck(np.random.default_rng(2), "oropharynx", (20.0, 24.0))
    return neck, *drawn_neck(GRID, np.random.default_rng(3), neck)


def test_all_structures_are_there_and_as_large_as_in_patients(drawn):
    _, _, depths = drawn
    assert set(depths) == set(STRUCTURES)
    millilitres = {
        name: (depth > 0).sum() * np.prod(GRID.spacing) / 1000 for name, depth in depths.items()
    }
    # Ranges over the training patients of OpenKBP, rounded outwards.
    for name, (low, high) in {
        "Brainstem": (15, 50),
        "RightParotid": (12, 45),
        "LeftParotid": (12, 45),
        "SpinalCord": (8, 45),
        "Mandible": (35, 95),
        "PTV70": (20, 350),
        "PTV56": (60, 600),
    }.items():
        assert low < millilitres[name] < high, name


def test_targets_do_not_overlap_and_keep_away_from_cord_and_skin(drawn):
    neck, _, depths = drawn
    inside = [depths[name] > 0 for name in STRUCTURES[-3:]]
    assert np.sum(inside, axis=0).max() == 1
    targets = np.any(inside, axis=0)
    assert not (targets & (depths["SpinalCord"] > 0)).any()
    assert neck.body(GRID.positions / neck.size)[targets].min() > 3.9


def test_right_is_right(drawn):
    _, _, depths = drawn
    assert GRID.positions[0][depths["RightParotid"] > 0].mean() > 40
    assert GRID.positions[0][depths["LeftParotid"] > 0].mean() < -40


def test_tissues_have_their_hounsfield_units(drawn):
    _, image, depths = drawn
    assert np.median(image[depths["Mandible"] > 3]) > 150
    assert np.median(image[depths["SpinalCord"] > 1]) == pytest.approx(40, abs=45)
    assert (image < -900).mean() > 0.3


@pytest.mark.parametrize("site", list(SITES))
def test_a_tumour_grows_where_its_label_says(site):
    neck = draw_neck(np.random.default_rng(0), site, (20.0, 24.0))
    assert np.abs(neck.centre - np.array(SITES[site]) * (neck.side, 1, 1)).max() < 12
