import numpy as np
import pandas as pd
import pytest

from cancergan.assessment.shift_meter.kinds import (
    Question,
    acquisition,
    annotation,
    manifestation,
    population,
    prevalence,
)
from cancergan.assessment.shift_meter.units import Units
from cancergan.core.seeds import numpy_generator


def units(seed: int, n: int = 120, share: float = 0.4, **moved: float) -> Units:
    """Patients with two background features and one of each kind; ``moved`` adds to some."""
    random = numpy_generator(seed, "kinds")
    malignant = random.random(n) < share
    names = ["background.a", "background.b", "lesion.a", "outline.a"]
    features = pd.DataFrame(random.normal(size=(n, 4)) + malignant[:, None], columns=names)
    features["background.a"] += moved.get("background", 0) + moved.get("malignant", 0) * malignant
    features["lesion.a"] += moved.get("lesion", 0)
    features["outline.a"] += moved.get("outline", 0)
    table = pd.DataFrame(
        {
            "age": random.normal(60, 10, n) + 10 * malignant + moved.get("age", 0),
            "sex": random.choice(["female", "male"], n),
            "label": np.where(malignant, "malignant", "benign"),
        }
    )
    embedding = random.normal(size=(n, 3)) + 2 * malignant[:, None]
    return Units(table, features, embedding)


def question(masks: bool = True, **moved: float) -> Question:
    share = moved.pop("share", 0.4)
    other = units(2, share=share, **moved)
    return Question(units(1), other, masks, seed=0, permutations=499, confidence=0.95)


def test_population_finds_an_attribute_and_not_prevalence():
    assert population(question(age=8)).strongest.name == "age"
    assert population(question(age=8)).p < 0.01
    # Malignant patients are 10 years older: more of them make the cohort older, not its classes.
    assert population(question(share=0.8)).p > 0.05


def test_prevalence_is_in_patients():
    found = prevalence(question(share=0.7))
    assert found.p < 0.01
    assert found.strongest.name.startswith("frequency of")


def test_without_labels_prevalence_is_seen_in_images():
    for share, shifted in ((0.4, False), (0.85, True)):
        asked = question(share=share)
        asked.other.table["label"] = None
        found = prevalence(asked)
        assert found.strongest.name.startswith("black-box frequency")
        assert (found.p < 0.05) == shifted


@pytest.mark.parametrize(
    ("moved", "test"),
    [("background", acquisition), ("lesion", manifestation), ("outline", annotation)],
)
def test_with_masks_each_kind_looks_at_its_own(moved, test):
    asked = question(**{moved: 1.0})
    for other in (acquisition, manifestation, annotation):
        found = other(asked)
        assert (found.p < 0.01) == (other is test)
        if other is test:
            # A deviation of 1 in the reference within its classes.
            assert found.strongest.value == pytest.approx(1.0, abs=0.45)


def test_without_masks_what_all_classes_share_is_acquisition():
    asked = question(masks=False, background=1.0)
    assert acquisition(asked).p < 0.01
    assert manifestation(asked).p > 0.05


def test_without_masks_what_one_class_does_is_manifestation():
    asked = question(masks=False, malignant=1.5)
    assert manifestation(asked).p < 0.01
    assert acquisition(asked).p > 0.05


def test_three_classes_are_each_compared_with_the_rest():
    asked = question(masks=False, malignant=2.0)
    for side in (asked.reference, asked.other):
        third = np.arange(len(side)) % 3 == 0
        side.table.loc[third & (side.table["label"] == "benign").to_numpy(), "label"] = "normal"
    found = manifestation(asked)
    assert found.p < 0.01
    assert found.strongest.name == "background.a of malignant"


def test_the_null_of_the_normal_approximation_holds():
    alarms = sum(
        manifestation(
            Question(units(2 * s, 60), units(2 * s + 1, 60), False, s, 9, 0.95)
        ).p <= 0.05
        for s in range(200)
    )  # fmt: skip
    # 10 expected; the binomial 99.9 % bound is 21.
    assert alarms <= 21


@pytest.mark.parametrize("test", [population, prevalence, acquisition, manifestation, annotation])
def test_what_is_missing_is_said(test):
    bare = [
        Units(
            pd.DataFrame({"label": [None] * 20}), pd.DataFrame(index=range(20)), np.zeros((20, 0))
        )
        for _ in range(2)
    ]
    found = test(Question(*bare, False, seed=0, permutations=9, confidence=0.95))
    assert found.reason
    assert found.strongest is None
