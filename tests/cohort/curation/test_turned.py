"""Copies turned by any angle are found, other pictures of the same kind are not."""

import numpy as np
import pytest
from scipy.ndimage import rotate

from cancergan.cohort import Cohort
from cancergan.cohort.curation.duplicates import duplicates
from cancergan.cohort.curation.survey import survey
from cancergan.cohort.curation.turned import turned_copies
from cancergan.cohort.geometry import resize
from tests.data import shared


def turned_by(picture, degrees, *, kept=0.72, mirrored=False):
    """Return a (rows, columns) picture turned, cut to its inner part and enlarged again."""
    whole = rotate(picture, degrees, reshape=False, order=1, mode="nearest")
    rows, columns = (round(side * (1 - kept) / 2) for side in whole.shape)
    inner = whole[rows : whole.shape[0] - rows, columns : whole.shape[1] - columns]
    inner = inner[:, ::-1] if mirrored else inner
    return resize(np.ascontiguousarray(inner[None], dtype=np.float32), picture.shape)[0]


def spots(seed, side=96):
    """A picture of 60 spots of random size and brightness."""
    random = np.random.default_rng(seed)
    rows, columns = np.indices((side, side))
    picture = np.zeros((side, side), np.float32)
    for row, column, radius, height in zip(
        *random.uniform(0, side, (2, 60)), random.uniform(2, 5, 60), random.normal(size=60),
        strict=True,
    ):  # fmt: skip
        picture += height * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / radius**2)
    return picture


def test_angle_zoom_and_mirror_are_told():
    pictures = [spots(seed) for seed in range(4)]
    made = [turned_by(pictures[0], 20), turned_by(pictures[1], -35, mirrored=True)]
    found = {(one.first, one.second): one for one in turned_copies(np.stack([*pictures, *made]))}
    assert {tuple(sorted(pair)) for pair in found} == {(0, 4), (1, 5)}
    plain = next(one for pair, one in found.items() if set(pair) == {0, 4})
    assert abs(plain.degrees) == pytest.approx(20, abs=1.5)
    assert max(plain.zoom, 1 / plain.zoom) == pytest.approx(1 / 0.72, rel=0.05)
    assert not plain.mirrored
    assert next(one for pair, one in found.items() if set(pair) == {1, 5}).mirrored


def test_constant_and_smooth_pictures_are_none():
    rows, columns = np.indices((96, 96)).astype(np.float32)
    assert turned_copies(np.stack([np.zeros((96, 96), np.float32), rows, columns])) == []


def test_planted_turned_copies_of_real_tissue_are_found_and_nothing_else():
    cohort = Cohort.open(shared("monuseg"))
    tiles = survey(cohort.select(np.arange(len(cohort)) % 10 == 0), copies_only=True).thumbnails
    made = [turned_by(tiles[0], 33), turned_by(tiles[1], -12, mirrored=True)]
    images = np.stack([*tiles, *made])[:, None]
    planted = Cohort.from_arrays(images)
    assert duplicates(planted) == []
    found = duplicates(planted, turned=True)
    assert {(one.first, one.second) for one in found} == {(0, len(tiles)), (1, len(tiles) + 1)}
    assert {one.kind for one in found} == {"turned"}
