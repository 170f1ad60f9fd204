import sys

import numpy as np
import pytest

from cancergan.cohort.phantoms import brain, phantom
from cancergan.cohort.phantoms.brain import FIELD_MM, MIDDLE, atlas, draw_head, laid_head
from cancergan.cohort.phantoms.space import volume
from cancergan.core.errors import MissingExtraError

GRID = volume((48, 58, 44), FIELD_MM, centre=MIDDLE)


def test_without_nilearn_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(brain, "atlas", atlas.__wrapped__)
    monkeypatch.setattr("cancergan.cohort.phantoms.brain_mri.atlas", atlas.__wrapped__)
    monkeypatch.setitem(sys.modules, "nilearn", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cancergan\[phantoms\]'"):
        phantom("brain_mri", 1)


def test_the_atlas_is_in_mni_millimetres():
    maps = atlas()
    # Left and right ventricle, the white matter beside them, and the air above the head.
    at = np.array([[-8.0, 0, 20], [8.0, 0, 20], [28.0, -20, 30], [0.0, 0, 110]]).T
    assert maps.sample(maps.white, at) == pytest.approx([0, 0, 1, 0], abs=0.3)
    assert maps.sample(maps.outside, at, fill=60.0)[2] < -10
    assert maps.sample(maps.outside, at, fill=60.0)[3] > 20


def test_a_head_is_made_of_shares_that_add_up_and_a_brain_of_its_size():
    head = draw_head(np.random.default_rng(0))
    at = head.to_template(GRID.positions)
    mixture = laid_head(GRID, np.random.default_rng(0), head, at, at)
    assert sum(mixture.fractions.values()) == pytest.approx(np.ones(GRID.shape))
    litres = {
        tissue: share.sum() * np.prod(GRID.spacing) / 1e6
        for tissue, share in mixture.fractions.items()
    }
    assert 0.9 < litres["grey"] + litres["white"] < 1.9
    assert 0.3 < litres["white"] / (litres["grey"] + litres["white"]) < 0.6
    assert litres["bone"] > 0.15


def test_heads_differ_by_a_few_percent():
    sizes = [
        1 / np.cbrt(np.linalg.det(draw_head(np.random.default_rng(s)).turn)) for s in range(60)
    ]
    assert np.mean(sizes) == pytest.approx(1.0, abs=0.02)
    assert 0.01 < np.std(sizes) < 0.05
