import numpy as np
import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.downstream import batches
from cancergan.downstream.batches import checked_images, in_chunks


def test_chunks_are_put_together_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).normal(size=(7, 1, 3, 4)).astype(np.float32)
    sizes = []

    def total(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        return batch.sum((1, 2, 3))

    monkeypatch.setattr(batches, "CHUNK_VALUES", 36)
    assert in_chunks(total, images) == pytest.approx(images.sum((1, 2, 3)), rel=1e-5)
    assert sizes == [3, 3, 1]


def test_refusals_name_the_image() -> None:
    images = np.zeros((4, 1, 5, 5))
    images[2, 0, 1, 1] = np.nan
    with pytest.raises(BadInputError, match="image 2: NaN"):
        checked_images(images)
    with pytest.raises(BadInputError, match="must be"):
        checked_images(np.zeros(5))
    with pytest.raises(BadInputError, match="must be"):
        checked_images(np.zeros((5, 5, 5)))
    with pytest.raises(BadInputError, match="must be"):
        checked_images(np.zeros((0, 1, 5, 5)))
    with pytest.raises(BadInputError, match="1 channels, but 3"):
        checked_images(np.zeros((4, 1, 5, 5)), channels=3)
