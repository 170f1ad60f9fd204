import numpy as np
import pytest

from cancergan.assessment.shift_meter.units import measured_units, preparation_of
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import blobs


def test_a_patient_is_the_mean_of_its_cases():
    cohort = blobs(12)
    preparation = preparation_of(cohort)
    units = measured_units(cohort, preparation, use_masks=True, at_most=100, seed=0)
    single = cohort.with_column("patient_id", cohort.table["case_id"].tolist())
    cases = measured_units(single, preparation, use_masks=True, at_most=100, seed=0)
    assert (len(units), len(cases)) == (6, 12)
    np.testing.assert_allclose(units.embedding, cases.embedding.reshape(6, 2, -1).mean(axis=1))
    level = cases.features["background.level_0"].to_numpy().reshape(6, 2).mean(axis=1)
    np.testing.assert_allclose(units.features["background.level_0"], level)


def test_of_many_cases_whole_patients_are_read():
    cohort = blobs(40)
    preparation = preparation_of(cohort)
    units = measured_units(cohort, preparation, use_masks=True, at_most=11, seed=0)
    assert len(units) == 5
    again = measured_units(cohort, preparation, use_masks=True, at_most=11, seed=0)
    assert list(again.table.index) == list(units.table.index)


def test_a_table_alone_has_attributes_only():
    cohort = blobs(12).with_column("age", list(range(12)))
    bare = Cohort.from_arrays(None, cohort.table)
    units = measured_units(bare, None, use_masks=False, at_most=100, seed=0)
    assert units.embedding.shape == (6, 0)
    assert units.table["age"].tolist() == [0, 2, 4, 6, 8, 10]
    assert units.table["label"].tolist()[:2] == ["class_0", "class_1"]


def test_images_of_another_kind_are_named():
    colour = blobs(12, channels=3)
    with pytest.raises(BadInputError, match='case "s0_0000": has 3 channels'):
        measured_units(colour, preparation_of(blobs(12)), use_masks=True, at_most=100, seed=0)
