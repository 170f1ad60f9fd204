import numpy as np
import pandas as pd
import pytest

from cancergan.assessment.shift_meter.labels import black_box_shift, codes_of, surprise
from cancergan.assessment.shift_meter.permutation import differences
from cancergan.assessment.shift_meter.units import Units
from cancergan.core.seeds import numpy_generator


def units(n: int, share: float, seed: int, distance: float = 2.0, wrong: float = 0.0) -> Units:
    """n patients in two normal clouds ``distance`` apart; some are given the other's label."""
    random = numpy_generator(seed, "units")
    truth = random.random(n) < share
    embedding = random.normal(size=(n, 3)) + np.where(truth, distance, 0.0)[:, None] * [1, 0, 0]
    stated = truth ^ (random.random(n) < wrong)
    table = pd.DataFrame({"label": np.where(stated, "malignant", "benign")})
    return Units(table.astype(object), pd.DataFrame(index=table.index), embedding)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_class_frequencies_are_found_from_images_alone(share):
    other = units(2000, share, seed=2)
    other.table["label"] = None
    found = {one.name: one for one in black_box_shift(units(1000, 0.3, seed=1), other, seed=0)}
    malignant = found["malignant"]
    assert malignant.value == pytest.approx(share, abs=0.05)
    assert malignant.low < share < malignant.high
    assert malignant.reference == pytest.approx(0.3, abs=0.05)
    assert malignant.value + found["benign"].value == pytest.approx(1.0)
    assert (malignant.p < 0.05) == (share != 0.3)


def test_intervals_of_frequencies_cover():
    hits = 0
    for seed in range(60):
        reference, other = units(200, 0.3, 2 * seed), units(200, 0.5, 2 * seed + 1)
        found = {one.name: one for one in black_box_shift(reference, other, seed=seed)}
        hits += found["malignant"].low <= 0.5 <= found["malignant"].high
    # 57 expected; the binomial 0.1 % bound is 51.
    assert hits >= 51


def test_a_blind_classifier_says_so():
    blind = units(200, 0.5, seed=1, distance=0.0)
    assert "confuses" in black_box_shift(blind, units(200, 0.5, seed=2, distance=0.0), seed=0)


def test_one_class_cannot_be_told_from_another():
    assert "two classes" in black_box_shift(units(50, 0.0, seed=1), units(50, 0.0, seed=2), seed=0)


def test_exchanged_labels_surprise_and_other_frequencies_do_not():
    reference = units(400, 0.3, seed=1)

    def mean_by_class(other: Units) -> np.ndarray:
        mine, theirs = surprise(reference, other, seed=0)
        return np.array(
            [
                np.nanmean(theirs[(other.table["label"] == name).to_numpy()])
                - np.nanmean(mine[(reference.table["label"] == name).to_numpy()])
                for name in ("benign", "malignant")
            ]
        )

    fair = mean_by_class(units(400, 0.7, seed=2))
    assert np.abs(fair).max() < 0.4
    wrong = mean_by_class(units(400, 0.3, seed=2, wrong=0.25))
    assert wrong.mean() > 2 * np.abs(fair).mean()
    assert wrong.min() > 0


def test_unknown_labels_are_left_out():
    reference, other = units(50, 0.5, seed=1), units(20, 0.5, seed=2)
    other.table.loc[3, "label"] = "new"
    other.table.loc[4, "label"] = None
    mine, theirs = surprise(reference, other, seed=0)
    assert np.isnan(mine).sum() == pytest.approx(25, abs=1)
    assert np.flatnonzero(np.isnan(theirs)).tolist() == [3, 4]
    assert codes_of(reference)[0] == ("benign", "malignant")


def test_equal_cohorts_surprise_alike_in_nineteen_of_twenty():
    """With scores of a cross-validation it was nine of ten."""
    alarms = 0
    for seed in range(300):
        reference, other = (units(80, 0.4, 2 * seed + k, distance=1.0) for k in (0, 1))
        scores = [side[:, None] for side in surprise(reference, other, seed=seed)]
        strata = [side.table["label"].to_numpy() for side in (reference, other)]
        alarms += differences(*scores, tuple(strata), seed=seed, permutations=99).p[0] <= 0.05
    # 15 expected; the binomial 99.9 % bound is 29.
    assert alarms <= 29
