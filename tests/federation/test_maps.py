"""Drawn label maps: bodies of the size that was asked for, in two and three dimensions."""

from __future__ import annotations

import numpy as np
import pytest

from cancergan.core.seeds import numpy_generator
from cancergan.federation.maps import drawn_maps
from cancergan.federation.policy import MapSettings


@pytest.mark.parametrize("spatial", [(64, 64), (33, 48), (24, 24, 24)])
def test_a_smooth_body_has_the_size_of_its_ellipsoid(spatial):
    settings = MapSettings(radius=(0.2, 0.2), roughness=0.0, centre=0.2)
    maps = drawn_maps(6, 1, spatial, settings, numpy_generator(0))
    assert maps.shape == (6, 1, *spatial)
    share = (maps > 0).reshape(6, -1).mean(axis=1)
    ball = np.pi * 0.2**2 if len(spatial) == 2 else 4 / 3 * np.pi * 0.2**3
    assert share == pytest.approx(ball, rel=0.15)


def test_some_maps_are_empty_where_that_was_asked_for():
    maps = drawn_maps(200, 1, (8, 8), MapSettings(empty=0.5), numpy_generator(0))
    empty = (maps < 0).all(axis=(1, 2, 3)).mean()
    assert 0.4 < empty < 0.6
    assert (
        not (drawn_maps(50, 1, (32, 32), MapSettings(), numpy_generator(1)) < 0)
        .all(axis=(1, 2, 3))
        .any()
    )


def test_the_same_generator_draws_the_same_maps():
    one, two = (drawn_maps(3, 2, (16, 16), MapSettings(), numpy_generator(5)) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one[:, 0], one[:, 1])
