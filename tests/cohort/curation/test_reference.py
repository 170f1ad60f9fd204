import pytest

from cancergan.cohort.curation.reference import MOST_CASES, reference_cases
from cancergan.core.errors import BadInputError
from tests.data import blobs


def test_cases_are_spread_evenly_and_few():
    cohort = blobs(120)
    ids = [case.case_id for case in reference_cases(cohort, None)]
    assert len(ids) == MOST_CASES
    assert (ids[0], ids[-1]) == ("s0_0000", "s0_0119")


def test_another_cohort_can_be_named(tmp_path):
    blobs(4, seed=3).save(tmp_path / "c")
    assert len(list(reference_cases(blobs(2), str(tmp_path / "c")))) == 4
    with pytest.raises(BadInputError, match="nowhere"):
        list(reference_cases(blobs(2), str(tmp_path / "nowhere")))
