import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.downstream.utility import ClassificationUtility, classification_utility
from cancergan.metrics.classification import auc
from tests.downstream.blobs import blobs

REAL, TEST = blobs(40, seed=0), blobs(60, seed=1)


def measured(
    synthetic: np.ndarray, labels: np.ndarray, *, steps: int = 25
) -> ClassificationUtility:
    return classification_utility(
        *REAL, synthetic, labels, *TEST, test_units=np.arange(60) // 2, n_classes=2, steps=steps,
        seed=0, seeds=(0, 1), replicates=100,
    )  # fmt: skip


def test_good_synthetic_data_teach_the_task() -> None:
    found = measured(*blobs(40, seed=2))
    assert set(found.arms) == {
        "train_real", "train_real_augmented", "train_synthetic", "train_real_plus_synthetic",
    }  # fmt: skip
    for arm in found.arms.values():
        assert arm.steps == 25
        assert arm.by_seed.shape == (2, 60, 2)
        assert arm.by_seed.mean(0) == pytest.approx(arm.probabilities)
        assert arm.auc == auc(TEST[1], arm.probabilities)
        assert arm.interval[0] <= arm.auc <= arm.interval[1]
    assert found.arms["train_synthetic"].auc > 0.9


def test_shuffled_labels_teach_nothing() -> None:
    # Each class holds as many bright as dark images, so there is nothing to learn, not even upside
    # down: its ranking is that of noise.
    images, labels = blobs(80, seed=2)
    shuffled = labels.copy()
    for kind in (0, 1):
        shuffled[labels == kind] = np.arange(40) % 2
    found = measured(images, shuffled)
    assert found.arms["train_synthetic"].auc == pytest.approx(0.5, abs=0.25)
    loss = found.differences["synthetic_minus_real"]
    assert loss.value == found.arms["train_synthetic"].auc - found.arms["train_real"].auc
    assert loss.interval[1] < 0


def test_real_data_as_synthetic_change_nothing() -> None:
    found = measured(*REAL)
    gain = found.differences["real_plus_synthetic_minus_real"]
    assert (gain.first, gain.second) == ("train_real_plus_synthetic", "train_real_augmented")
    assert gain.interval[0] <= 0 <= gain.interval[1]
    # Equal images and seeds, and neither augmented: the same network, bit by bit.
    same = found.differences["synthetic_minus_real"]
    assert (same.value, same.interval) == (0, (0, 0))


def test_deterministic() -> None:
    synthetic = blobs(20, seed=3)
    first, again = measured(*synthetic, steps=3), measured(*synthetic, steps=3)
    for name, arm in first.arms.items():
        assert (arm.by_seed == again.arms[name].by_seed).all()
        assert arm.interval == again.arms[name].interval


def test_a_class_missing_in_the_test_set_is_named() -> None:
    images, labels = blobs(20, seed=3, classes=3)
    with pytest.raises(BadInputError, match="class 2 has 0 of 60"):
        classification_utility(
            images, labels, images, labels, *TEST, test_units=range(60), n_classes=3, steps=1,
            seed=0, seeds=(0,),
        )  # fmt: skip


def test_a_perfect_ranking_of_few_patients_is_not_certain() -> None:
    # Two patients in the smaller class: Clopper-Pearson of 2 out of 2 begins at 0.025^(1/2).
    easy = blobs(40, seed=0)
    test_images, test_labels = easy[0][:12], easy[1][:12]
    rows = np.concatenate([np.flatnonzero(test_labels == 0), np.flatnonzero(test_labels == 1)[:4]])
    units = np.array(["a", "b", "c", "d", "e", "f", "g", "g", "h", "h"])
    found = classification_utility(
        *easy, *easy, test_images[rows], test_labels[rows], test_units=units, n_classes=2,
        steps=30, seed=0, seeds=(0,), replicates=50,
    )  # fmt: skip
    assert found.arms["train_real"].auc == 1
    assert found.arms["train_real"].interval == pytest.approx((0.025**0.5, 1))
