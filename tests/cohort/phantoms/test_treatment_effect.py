import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import COLUMNS, check_provenance

NAME = "treatment_effect"
CASES = 5000


@pytest.fixture(scope="module")
def binary():
    return phantom(NAME, CASES, seed=3)


@pytest.fixture(scope="module")
def dosed():
    return phantom(NAME, CASES, seed=3, treatment="dose")


def naive(table):
    high = table["treatment"] > 0.5
    spread = table["outcome"].std() * np.sqrt(1 / high.sum() + 1 / (~high).sum())
    return table["outcome"][high].mean() - table["outcome"][~high].mean(), spread


def test_rows_are_seeded_and_do_not_hang_on_how_many_there_are(binary):
    assert phantom(NAME, 3, seed=3).table.equals(binary.table.iloc[:3])
    assert set(binary.table) >= COLUMNS
    assert not binary.has_images
    check_provenance(binary, NAME, {})


def test_both_potential_outcomes_give_the_true_effect(binary):
    table = binary.table
    individual = table["outcome_1"] - table["outcome_0"]
    assert individual.to_numpy() == pytest.approx(table["effect"].to_numpy())
    assert individual.mean() == pytest.approx(2.0, abs=4 / np.sqrt(CASES))
    slope = np.polyfit(table["x1"], individual, 1)
    assert slope == pytest.approx([1.0, 2.0])


def test_the_outcome_is_the_one_that_happened(binary):
    table = binary.table
    happened = np.where(table["treatment"] == 1, table["outcome_1"], table["outcome_0"])
    assert table["outcome"].to_numpy() == pytest.approx(happened)


def test_the_naive_difference_is_biased_by_the_stated_amount(binary):
    difference, spread = naive(binary.table)
    bias = binary.provenance["truth"]["naive_bias"]
    assert difference - 2.0 == pytest.approx(bias, abs=4 * spread)
    assert bias > 10 * spread
    # P(x0 | treated) integrated by brute force.
    x = np.linspace(-9, 9, 20001)
    weight = np.exp(-(x**2) / 2) / (1 + np.exp(-x))
    assert bias == pytest.approx(1.5 * 2 * (x * weight).sum() / weight.sum(), rel=1e-6)


def test_without_confounding_there_is_no_bias():
    cohort = phantom(NAME, 3000, confounding=0.0)
    assert cohort.provenance["truth"]["naive_bias"] == pytest.approx(0.0, abs=1e-12)
    difference, spread = naive(cohort.table)
    assert difference == pytest.approx(2.0, abs=4 * spread)


def test_adjusting_for_the_confounder_removes_the_bias(binary):
    table = binary.table
    centred = table["treatment"] * table["x1"]
    design = np.column_stack(
        [np.ones(CASES), table["treatment"], table["x0"], table["x1"], centred]
    )
    estimate = np.linalg.lstsq(design, table["outcome"], rcond=None)[0][1]
    assert estimate == pytest.approx(2.0, abs=0.15)


def test_the_dose_response_is_emax_and_reaches_the_effect(dosed):
    table = dosed.table
    gain = table[[f"outcome_{d:.2f}" for d in (0.0, 0.25, 0.5, 0.75, 1.0)]].to_numpy()
    gain = gain - gain[:, :1]
    assert gain[:, 4] == pytest.approx(table["effect"].to_numpy())
    assert gain[:, 1] == pytest.approx(0.625 * gain[:, 4])
    assert table["treatment"].between(0, 1).all()
    assert gain[:, 4].mean() == pytest.approx(2.0, abs=4 / np.sqrt(CASES))


def test_high_and_low_doses_differ_in_the_confounder_as_stated(dosed):
    table = dosed.table
    high = table["treatment"] > 0.5
    shift = 1.5 * (table["x0"][high].mean() - table["x0"][~high].mean())
    assert shift == pytest.approx(dosed.provenance["truth"]["naive_bias"], abs=0.1)


def test_mistakes_are_told():
    with pytest.raises(BadInputError, match='unknown treatment "does"; did you mean "dose"'):
        phantom(NAME, 1, treatment="does")
    with pytest.raises(BadInputError, match="covariates is 1"):
        phantom(NAME, 1, covariates=1)
