"""The pool keeps what comes in, and gives half of it back later."""

import torch

from cancergan.games.image_pool import ImagePool


def exchange(pool, values, seed=0):
    images = torch.tensor(values, dtype=torch.float32).view(-1, 1, 1, 1)
    made = pool.exchange(images, torch.Generator().manual_seed(seed))
    return made.flatten().tolist()


def test_until_it_is_full_all_goes_through_and_is_kept():
    pool = ImagePool(4, (1, 1, 1))
    assert exchange(pool, [1, 2, 3]) == [1, 2, 3]
    assert pool.images.flatten().tolist() == [1, 2, 3, 0]


def test_half_of_what_comes_out_is_old_and_nothing_is_lost():
    pool = ImagePool(50, (1, 1, 1))
    exchange(pool, list(range(50)))
    made = exchange(pool, list(range(50, 1050)))
    waited = [image for place, image in enumerate(made, start=50) if image != place]
    assert 430 < len(waited) < 570
    assert sorted(made + pool.images.flatten().tolist()) == list(range(1050))


def test_a_pool_of_none_changes_nothing():
    assert exchange(ImagePool(0, (1, 1, 1)), [5, 6]) == [5, 6]
