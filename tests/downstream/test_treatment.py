"""Overlap is looked at first; baselines find effects that are known."""

import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from cancergan.downstream.treatment import (
    Treated,
    causal_forest,
    checked_overlap,
    constant_effect,
    propensities,
    ridge_by_arm,
    ridge_of_dose,
)

DOSES = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


def patients(cases=1500, **options):
    table = phantom("treatment_effect", cases, **options).table
    covariates = table[[f"x{i}" for i in range(6)]].to_numpy()
    return Treated(covariates, table["treatment"].to_numpy(), table["outcome"].to_numpy()), table


def test_propensities_are_those_that_the_phantom_drew_from():
    treated, table = patients(confounding=1.0)
    true = 1 / (1 + np.exp(-table["x0"].to_numpy()))
    found = propensities(treated.covariates, treated.treatment.astype(int), seed=0)[:, 1]
    assert np.abs(found - true).mean() < 0.04


def test_overlap_is_found_where_it_is_and_refused_where_it_is_not():
    found, _ = checked_overlap(patients(confounding=0.5)[0], ("no", "yes"), seed=0)
    assert found.outside < 0.01
    with pytest.raises(BadInputError, match="no overlap: "):
        checked_overlap(patients(confounding=25.0)[0], ("no", "yes"), seed=0)


def test_an_arm_of_few_patients_is_refused():
    treated, _ = patients()
    treatment = np.zeros(len(treated.outcome), int)
    treatment[:4] = 1
    with pytest.raises(BadInputError, match='treatment "yes": 4 patients had it'):
        checked_overlap(
            Treated(treated.covariates, treatment, treated.outcome), ("no", "yes"), seed=0
        )


def test_confounding_is_adjusted_for():
    treated, table = patients(3000, confounding=1.5)
    naive = table.groupby("treatment")["outcome"].mean().diff().iloc[-1]
    assert naive > 3.0  # the truth is 2
    assert constant_effect(treated) == pytest.approx(2.0, abs=0.2)


def test_ridge_by_arm_recovers_linear_effects():
    treated, table = patients(2000)
    outcomes = ridge_by_arm(treated, treated.covariates, 2)
    effect = outcomes[:, 1] - outcomes[:, 0]
    assert np.sqrt(np.mean((effect - table["effect"]) ** 2)) < 0.25


def test_ridge_of_dose_recovers_a_curve_in_the_mean():
    treated, table = patients(2000, treatment="dose", confounding=0.5)
    curves = ridge_of_dose(treated, treated.covariates, DOSES)
    truth = table[[f"outcome_{dose:.2f}" for dose in DOSES]].to_numpy()
    rise = curves[:, 2:4].mean(axis=0) - truth[:, 2:4].mean(axis=0)
    assert np.abs(rise).max() < 0.25


@pytest.mark.slow
def test_a_causal_forest_finds_effects_and_covers_them():
    pytest.importorskip("econml")
    treated, table = patients(800)
    effects, intervals = causal_forest(treated, treated.covariates, seed=0)
    assert np.corrcoef(effects, table["effect"])[0, 1] > 0.8
    assert (intervals[:, 0] < intervals[:, 1]).all()
