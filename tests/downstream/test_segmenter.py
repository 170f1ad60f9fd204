import numpy as np
import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.downstream.segmenter import checked_masks, segmentation_loss, train_segmenter
from cancergan.metrics.segmentation import dice
from tests.downstream.blobs import lesions


@pytest.mark.parametrize("spatial", [(16, 20), (9, 12, 10)])
def test_learns_to_mark_boxes(spatial: tuple[int, ...]) -> None:
    segmenter = train_segmenter(*lesions(24, seed=0, spatial=spatial), steps=60, seed=0)
    images, masks = lesions(12, seed=1, spatial=spatial)
    found = segmenter.probabilities(images)
    assert found.shape == masks.shape
    assert np.mean([dice(p > 0.5, m) for p, m in zip(found, masks, strict=True)]) > 0.7


def test_image_and_mask_move_together() -> None:
    # If only the image moved, masks would be learnt blurred: less sure inside.
    segmenter = train_segmenter(*lesions(24, seed=0), steps=80, seed=0, augmentation="classical")
    images, masks = lesions(12, seed=1)
    found = segmenter.probabilities(images)
    assert found[masks == 1].mean() > 0.8
    assert found[masks == 0].mean() < 0.15


def test_steps_are_counted_the_seed_decides_and_a_start_is_kept_as_it_was() -> None:
    images, masks = lesions(8, seed=0)
    first, again, other = (train_segmenter(images, masks, steps=3, seed=seed) for seed in (0, 0, 1))
    assert first.steps == 3
    assert first.fingerprint == again.fingerprint != other.fingerprint
    before = first.fingerprint
    tuned = train_segmenter(images, masks, steps=1, seed=1, start=first)
    assert first.fingerprint == before != tuned.fingerprint


def test_the_loss_of_a_sure_answer_is_nil_and_of_the_opposite_is_large() -> None:
    target = torch.zeros(2, 1, 4, 4)
    target[:, :, :2] = 1
    sure = (target * 2 - 1) * 30
    assert segmentation_loss(sure, target).item() == pytest.approx(0, abs=1e-6)
    # Cross-entropy 30, and Dice (0 + 1) / (16 + 16 + 1).
    assert segmentation_loss(-sure, target).item() == pytest.approx(31 - 1 / 33)


def test_refusals() -> None:
    images, masks = lesions(4, seed=0)
    with pytest.raises(BadInputError, match="all 4 masks are empty"):
        checked_masks(masks * 0, images)
    with pytest.raises(BadInputError, match="masks of shape"):
        checked_masks(masks[:, :5], images)
    with pytest.raises(BadInputError, match="NaN"):
        checked_masks(np.full(masks.shape, np.nan), images)
    with pytest.raises(BadInputError, match='did you mean "classical"'):
        train_segmenter(images, masks, steps=1, seed=0, augmentation="clasical")  # type: ignore[arg-type]
