import numpy as np
import pandas as pd
import pytest

from cancergan.cohort.shifts.rows import main_labels, of_population, of_prevalence
from cancergan.cohort.shifts.settings import Population, Prevalence
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator


def patients(n: int = 200, per_patient: int = 2) -> pd.DataFrame:
    random = numpy_generator(0, "rows")
    ages, sexes = random.integers(20, 90, n), random.choice(["female", "male"], n, p=[0.7, 0.3])
    labels = np.where(np.arange(n) % 4 == 0, "malignant", "benign")
    table = pd.DataFrame(
        {
            "patient_id": [f"P{i:03d}" for i in range(n)], "age": ages, "sex": sexes,
            "label": labels,
        }
    )  # fmt: skip
    return table.loc[table.index.repeat(per_patient)].reset_index(drop=True)


def test_population_keeps_older_patients_whole_and_prevalence_as_it_was():
    table = patients()
    kept = table.iloc[of_population(table, Population(0.5), seed=1, origin="t")]
    assert len(kept) == 2 * (round(150 * 0.6) + round(50 * 0.6))
    assert (kept.groupby("patient_id").size() == 2).all()
    assert (kept["label"] == "malignant").mean() == pytest.approx(0.25)
    # Dropping the lowest 40 % of a uniform age raises its mean by a fifth of the range.
    assert kept["age"].mean() - table["age"].mean() == pytest.approx(0.2 * 70, abs=3)


@pytest.mark.parametrize("towards", ["higher", "lower"])
def test_population_has_a_direction(towards):
    table = patients()
    kept = table.iloc[of_population(table, Population(1.0, "age", towards), seed=1, origin="t")]
    # A fifth stays, of either end of ages 20 to 89.
    assert kept["age"].mean() == pytest.approx(82 if towards == "higher" else 27, abs=4)


def test_population_prefers_the_rarer_value_of_names_or_the_one_asked_for():
    table = patients()
    for towards, wanted in ((None, "male"), ("female", "female")):
        rows = of_population(table, Population(1.0, "sex", towards), seed=1, origin="t")
        assert (table.iloc[rows]["sex"] == wanted).all()


def test_prevalence_moves_the_rarest_class_by_the_formula():
    table = patients()
    kept = table.iloc[of_prevalence(table, Prevalence(0.5), seed=1, origin="t")]
    # 0.25 + 0.5 * 0.75; all malignant patients stay.
    assert (kept["label"] == "malignant").mean() == pytest.approx(0.625, abs=0.005)
    assert kept.loc[kept["label"] == "malignant", "patient_id"].nunique() == 50


def test_prevalence_leaves_the_age_within_a_class_alone():
    table = patients(2000, 1)
    kept = table.iloc[of_prevalence(table, Prevalence(0.5), seed=1, origin="t")]
    before, after = (t.loc[t["label"] == "benign", "age"].mean() for t in (table, kept))
    assert after == pytest.approx(before, abs=3 * 20 / np.sqrt(300))


def test_at_full_strength_one_class_is_left():
    table = patients()
    kept = table.iloc[of_prevalence(table, Prevalence(1.0, "benign"), seed=1, origin="t")]
    assert set(kept["label"]) == {"benign"}


def test_a_patient_with_two_labels_counts_by_the_main_one():
    table = pd.DataFrame(
        {"patient_id": list("zzzyyxx"), "label": ["b", "a", "b", "b", "a", None, None]}
    )
    found = main_labels(table)
    assert found.index.tolist() == ["z", "y", "x"]
    assert found.iloc[:2].tolist() == ["b", "a"]
    assert pd.isna(found.iloc[2])


@pytest.mark.parametrize(
    ("shift", "message"),
    [
        (Population(0.5, "age", "sideways"), "unknown direction of age"),
        (Population(0.5, "height"), "unknown column"),
        (Population(0.5, "sex", "unknown"), "unknown value of sex"),
        (Population(0.5, "same"), "no column to choose patients by"),
    ],
)
def test_population_says_what_it_lacks(shift, message):
    table = patients().assign(same=1)
    with pytest.raises(BadInputError, match=message):
        of_population(table, shift, seed=0, origin="t")


def test_prevalence_needs_two_classes_and_a_known_one():
    table = patients()
    with pytest.raises(BadInputError, match="two classes"):
        of_prevalence(table.drop(columns="label"), Prevalence(0.5), seed=0, origin="t")
    with pytest.raises(BadInputError, match='unknown class "maligant"; did you mean "malignant"'):
        of_prevalence(table, Prevalence(0.5, "maligant"), seed=0, origin="t")
