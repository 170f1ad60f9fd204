import numpy as np
import pytest

from cancergan.cohort.phantoms.face import FACES, FIELD_MM, MIDDLE, draw_face, laid_face
from cancergan.cohort.phantoms.space import volume

GRID = volume((48, 60, 58), FIELD_MM, centre=MIDDLE)


def test_parameters_have_their_mean_and_spread():
    drawn = [draw_face(np.random.default_rng(seed)).identity for seed in range(200)]
    for name, (mean, spread) in FACES.items():
        values = [getattr(who, name) for who in drawn]
        assert np.mean(values) == pytest.approx(mean, abs=4 * spread / np.sqrt(200))
        assert np.std(values) == pytest.approx(spread, rel=0.25)


def test_the_nose_is_as_long_as_its_parameter_says():
    fine = volume((3, 200, 60), (3.0, 60.0, 60.0), centre=(0.0, 100.0, -36.0))
    tips, lengths = [], []
    for seed in range(6):
        face = draw_face(np.random.default_rng(seed))
        profile = (face.head(fine.positions) > 0).any(axis=(0, 2))
        tips.append(fine.positions[1, 1, :, 0][profile].max())
        lengths.append(face.identity.nose_length)
    assert np.corrcoef(tips, lengths)[0, 1] > 0.98
    assert np.asarray(tips) == pytest.approx(89 + np.asarray(lengths), abs=2.5)


def test_eyes_are_apart_as_asked_and_ears_at_the_sides():
    face = draw_face(np.random.default_rng(0))
    eyes = face.eyes(GRID.positions) > 0
    right = eyes & (GRID.positions[0] > 0)
    assert GRID.positions[0][right].mean() == pytest.approx(face.identity.eye_distance, abs=1.5)
    ears = face.ears(GRID.positions) > 0
    assert np.abs(GRID.positions[0][ears]).min() > 60


def test_the_brain_lies_within_the_head_and_tissues_add_up():
    face = draw_face(np.random.default_rng(0))
    at = GRID.positions
    inside = face.brain(at) > 0
    assert face.head(at)[inside].min() > 3
    assert 1.0 < inside.sum() * np.prod(GRID.spacing) / 1e6 < 2.2
    mixture = laid_face(GRID, face, at)
    assert sum(mixture.fractions.values()) == pytest.approx(np.ones(GRID.shape))
