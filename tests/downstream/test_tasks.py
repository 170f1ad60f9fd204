import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.downstream.tasks import (
    Classification,
    Detection,
    Examples,
    Segmentation,
    candidates,
)
from cancergan.metrics.classification import auc
from tests.downstream.blobs import blobs, lesions


def test_classification_is_scored_by_auc_of_the_rows() -> None:
    task = Classification(2)
    test = task.examples(*blobs(20, seed=0))
    predictions = np.random.default_rng(0).dirichlet((1, 1), 20)
    rows = np.array([0, 1, 2, 3, 3, 9])
    assert task.scorer(test, predictions)(rows) == auc(test.targets[rows], predictions[rows])
    assert task.strata(test) is test.targets
    units = ["a", "b"] * 10
    assert task.share_of(1.0, test, units) == 1  # every case of a class is of one patient
    assert task.share_of(0.9, test, units) is None


def test_segmentation_is_scored_by_dice_of_cases_with_a_lesion() -> None:
    task = Segmentation()
    test = task.examples(*lesions(6, seed=0, empty=2))
    predictions = test.targets.astype(np.float64)
    predictions[3] = 0
    scorer = task.scorer(test, predictions)
    assert scorer(np.arange(6)) == pytest.approx(3 / 4)
    assert scorer(np.array([0, 1, 3])) == 0
    assert task.strata(test).tolist() == [False, False, True, True, True, True]
    nothing = Examples(test.images[:2], test.targets[:2])
    with pytest.raises(BadInputError, match="no test case has a lesion"):
        task.scorer(nothing, predictions[:2])


def image_of(*boxes: tuple[slice, slice]) -> np.ndarray:
    image = np.zeros((12, 12))
    for value, box in enumerate(boxes, 1):
        image[box] = value
    return image


LEFT, RIGHT, FAR = (np.s_[1:4, 1:4], np.s_[1:4, 8:11], np.s_[9:11, 9:11])


def test_candidates_are_regions_with_their_highest_probability() -> None:
    probability = 0.2 * image_of(LEFT, FAR)  # 0.2 on the left, 0.4 far off
    probability[2, 2] = 0.9
    scores, hits, lesions_ = candidates(probability, image_of(LEFT, RIGHT) > 0)
    assert scores.tolist() == [0.9, 0.4]
    assert hits.tolist() == [0, -1]
    assert lesions_ == 2


def test_no_candidates_and_no_lesions() -> None:
    empty = np.zeros((4, 4))
    scores, hits, number = candidates(empty, empty)
    assert (len(scores), len(hits), number) == (0, 0, 0)


def test_detection_counts_lesions_of_all_images_and_false_alarms_an_image() -> None:
    task = Detection()
    masks = np.stack([image_of(LEFT, RIGHT) > 0, image_of(FAR) > 0]).astype(np.uint8)
    test = Examples(np.zeros((2, 1, 12, 12), np.float32), masks)
    perfect = masks * 0.9
    score = task.scorer(test, perfect)
    assert score(np.arange(2)) == 1
    half_blind = perfect.copy()
    half_blind[0][RIGHT] = 0
    assert task.scorer(test, half_blind)(np.arange(2)) == pytest.approx(2 / 3)
    # A false alarm more sure than all lesions: nothing is found at 1/8 and 1/4 of an alarm each.
    crying = perfect.copy()
    crying[1][LEFT] = 0.95
    assert task.scorer(test, crying)(np.arange(2)) == pytest.approx(5 / 7)
    assert task.scorer(test, crying)(np.array([0, 0])) == 1
