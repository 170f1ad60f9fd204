import numpy as np
import pytest
import torch

from cancergan.core.seeds import torch_generator
from cancergan.downstream.augmentation import classical, moved, relit


@pytest.mark.parametrize("spatial", [(16, 48), (16, 32, 20)])
def test_moved_images_are_mirrored_and_shifted_by_whole_pixels(spatial: tuple[int, ...]) -> None:
    image = torch.rand(1, 1, *spatial)
    left_right = 1 if len(spatial) == 2 else 0
    reach = [side // 16 for side in spatial]
    padded = np.pad(image[0, 0].numpy(), [(r, r) for r in reach], mode="edge")
    possible = set()
    for turned in (padded, np.flip(padded, left_right)):
        for start in np.ndindex(*[2 * r + 1 for r in reach]):
            window = tuple(slice(s, s + side) for s, side in zip(start, spatial, strict=True))
            possible.add(np.ascontiguousarray(turned[window]).tobytes())
    found = moved(image.repeat(60, *[1] * (image.ndim - 1)), torch_generator(0))
    seen = {np.ascontiguousarray(one[0].numpy()).tobytes() for one in found}
    assert seen <= possible
    assert len(seen) > 12


def test_relit_is_affine_in_each_image_and_stays_in_range() -> None:
    images = torch.rand(50, 2, 5, 5) - 0.5
    found = relit(images, torch_generator(0))
    for before, after in zip(images, found, strict=True):
        slope, offset = np.polyfit(before.flatten(), after.flatten(), 1)
        assert 0.8 <= slope <= 1.2
        assert abs(offset) <= 0.1 + 1e-6
        assert torch.allclose(after, before * slope + offset, atol=1e-5)
    extremes = relit(torch.ones(50, 1, 2, 2), torch_generator(1))
    assert extremes.max() == 1
    assert extremes.min() < 1


def test_the_seed_decides() -> None:
    images = torch.rand(4, 1, 16, 16)
    first, again, other = (classical(images, torch_generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
