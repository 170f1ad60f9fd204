import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.downstream.tasks import Classification, Examples, Segmentation, Task
from cancergan.downstream.utility import (
    Arm,
    Trial,
    Utility,
    classification_utility,
    ratio_curve,
    size_curve,
)
from cancergan.metrics.classification import auc
from tests.downstream.blobs import blobs, lesions

REAL, TEST = blobs(40, seed=0), blobs(60, seed=1)


def measured(synthetic: np.ndarray, labels: np.ndarray, *, steps: int = 25) -> Utility:
    return classification_utility(
        *REAL, synthetic, labels, *TEST, test_units=np.arange(60) // 2, n_classes=2, steps=steps,
        seed=0, seeds=(0, 1), replicates=100,
    )  # fmt: skip


def test_good_synthetic_data_teach_the_task() -> None:
    found = measured(*blobs(40, seed=2))
    assert set(found.arms) == {
        "train_real", "train_real_augmented", "train_synthetic", "train_real_plus_synthetic",
        "pretrain_synthetic",
    }  # fmt: skip
    for arm in found.arms.values():
        assert arm.steps == 25
        assert arm.by_seed.shape == (2, 60, 2)
        assert arm.by_seed.mean(0) == pytest.approx(arm.predictions)
        assert arm.score == auc(TEST[1], arm.predictions)
        assert arm.interval[0] <= arm.score <= arm.interval[1]
    assert found.arms["train_synthetic"].score > 0.9


def test_shuffled_labels_teach_nothing() -> None:
    # Each class holds as many bright as dark images, so there is nothing to learn, not even upside
    # down: its ranking is that of noise.
    images, labels = blobs(80, seed=2)
    shuffled = labels.copy()
    for kind in (0, 1):
        shuffled[labels == kind] = np.arange(40) % 2
    found = measured(images, shuffled)
    assert found.arms["train_synthetic"].score == pytest.approx(0.5, abs=0.25)
    loss = found.differences["synthetic_minus_real"]
    assert loss.value == found.arms["train_synthetic"].score - found.arms["train_real"].score
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
    assert found.arms["train_real"].score == 1
    assert found.arms["train_real"].interval == pytest.approx((0.025**0.5, 1))


def trial(task: Task, test: Examples, **settings: object) -> Trial:
    units = np.arange(len(test)) // 2
    return Trial(task, test, units, steps=20, seed=0, seeds=(0,), replicates=50, **settings)


def test_pretraining_is_remembered_and_its_steps_are_part_of_the_whole() -> None:
    task = Classification(2)
    real, other = (task.examples(*blobs(24, seed=seed)) for seed in (0, 5))
    mislabelled = Examples(other.images, 1 - other.targets)
    judged = trial(task, task.examples(*TEST))
    alone = judged.arm(real, "none")
    good, bad = (judged.arm(real, "none", before=before) for before in (other, mislabelled))
    sure = [arm.predictions[np.arange(60), TEST[1]].mean() for arm in (good, bad)]
    assert sure[0] > sure[1] + 0.1
    assert good.steps == bad.steps == alone.steps == 20


def test_more_good_cases_at_a_higher_ratio_and_refusals() -> None:
    task = Classification(2)
    real, made = task.examples(*blobs(8, seed=0)), task.examples(*blobs(40, seed=2))
    judged = trial(task, task.examples(*TEST))
    arms = ratio_curve(judged, real, made, (0.5, 4))
    assert list(arms) == [0.5, 4]
    with pytest.raises(BadInputError, match="ratio 6 asks for 48 synthetic cases of 40"):
        ratio_curve(judged, real, made, (6,))
    with pytest.raises(BadInputError, match=r"ratio 0\.01 asks for 0"):
        ratio_curve(judged, real, made, (0.01,))


def test_sizes_take_patients_whole_and_smaller_ones_are_part_of_larger_ones() -> None:
    task = Classification(2)
    real, made = task.examples(*blobs(40, seed=0)), task.examples(*blobs(40, seed=2))
    seen = []

    class Spy(Trial):
        def arm(self, examples: Examples, augmentation: str, *, before: object = None) -> Arm:
            seen.append(examples)
            return None  # type: ignore[return-value]

    spy = Spy(task, task.examples(*TEST), range(60), steps=1, seed=0)
    units = np.arange(40) // 4
    sizes = list(size_curve(spy, real, units, made, (0.2, 0.5, 1)))
    assert sizes == [8, 20, 40]
    parts = [{image.tobytes() for image in examples.images} for examples in seen]
    small_and_made, small, _, half, _, everything = parts
    assert small < half < everything
    assert len(small_and_made) == 48
    with pytest.raises(BadInputError, match=r"size 1\.5"):
        size_curve(spy, real, units, made, (1.5,))


def test_segmenters_are_compared_by_dice() -> None:
    task = Segmentation()
    real, test = (task.examples(*lesions(24, seed=seed)) for seed in range(2))
    judged = Trial(task, test, range(24), steps=40, seed=0, seeds=(0,), replicates=50)
    shifted = Examples(real.images, np.roll(real.targets, 5, axis=-1))
    good, worse = (judged.arm(examples, "none") for examples in (real, shifted))
    assert good.score > 0.6
    loss, interval = judged.difference(worse, good)
    assert loss == pytest.approx(worse.score - good.score)
    assert interval[1] < 0
