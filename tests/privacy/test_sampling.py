"""Lots: every patient by its own coin, one case each."""

import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.privacy.sampling import PatientLots

PATIENTS = ["a"] * 1 + ["b"] * 9 + [f"p{i}" for i in range(18)]


def test_lots_are_binomial_and_every_patient_alike_however_many_cases_it_has():
    lots = PatientLots.of(PATIENTS, 5)
    drawn = [lots.draw(numpy_generator(0, n)) for n in range(4000)]
    sizes = np.array([len(lot) for lot in drawn])
    assert sizes.mean() == pytest.approx(5, abs=0.15)
    assert sizes.var() == pytest.approx(20 * 0.25 * 0.75, rel=0.1)  # Poisson sampling, not fixed
    assert 0 in sizes
    counts = np.zeros(len(PATIENTS))
    for lot in drawn:
        names = [PATIENTS[case] for case in lot]
        assert len(set(names)) == len(names)  # a patient is in a lot once
        counts[lot] += 1
    by_patient = [counts[np.array(PATIENTS) == name].sum() for name in dict.fromkeys(PATIENTS)]
    assert np.array(by_patient) / 4000 == pytest.approx(0.25, abs=0.04)
    assert counts[1:10] / 4000 == pytest.approx(0.25 / 9, abs=0.015)


def test_the_rate_is_the_expected_lot_over_patients_not_cases():
    lots = PatientLots.of(PATIENTS, 5)
    assert (lots.patients, lots.rate, lots.expected) == (20, 0.25, 5)


@pytest.mark.parametrize(("patients", "lot"), [(["a", "a", "b", "c"], 1), (PATIENTS, 21)])
def test_too_few_patients_are_one_line(patients, lot):
    with pytest.raises(BadInputError, match="patients are too few"):
        PatientLots.of(patients, lot)
