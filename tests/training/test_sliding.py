"""Windows cover the whole, agree where they overlap, and leave no seam."""

import numpy as np
import pytest

from cancergan.training.sliding import Windows

random = np.random.default_rng(0)


@pytest.mark.parametrize("spatial", [(16, 16), (17, 40), (9, 8, 21)])
@pytest.mark.parametrize("at_once", [1, 3])
def test_a_translation_of_pixels_is_that_of_the_whole(spatial, at_once):
    windows = Windows(spatial, (8,) * len(spatial), {"source": 1})
    source = random.normal(size=(2, *spatial)).astype(np.float32)
    made = windows.translate({"source": source}, lambda given: given["source"] * 2, at_once)
    np.testing.assert_allclose(made, source * 2, rtol=1e-5)


def test_a_coarser_column_shows_the_same_place():
    windows = Windows((16, 24), (8, 8), {"source": 4})
    source = random.normal(size=(1, 4, 6)).astype(np.float32)

    def enlarge(given):
        return np.kron(given["source"], np.ones((1, 1, 4, 4), np.float32))

    made = windows.translate({"source": source}, enlarge, 2)
    np.testing.assert_allclose(made[0], np.kron(source[0], np.ones((4, 4))), rtol=1e-5)


def test_windows_that_disagree_are_blended_without_a_step():
    windows = Windows((64,), (16,), {"source": 1})
    numbers = iter(range(100))

    def arbitrary(given):
        return np.full((1, 1, 16), next(numbers) % 2, np.float32)

    made = windows.translate({"source": np.zeros((1, 64), np.float32)}, arbitrary, 1)
    assert np.abs(np.diff(made[0])).max() < 0.15


def test_windows_start_at_multiples_of_the_coarsest_grid():
    starts = list(Windows((40,), (16,), {"a": 4, "b": 2}).starts())
    assert starts == [(0,), (8,), (16,), (24,)]
