import numpy as np
import pytest

from cancergan.cohort.lazy import LazySources
from cancergan.cohort.pixels import Pixels
from cancergan.cohort.sources import MemorySource


def test_items_are_made_when_asked_for_and_counted_from_either_end():
    made = []

    def make(number):
        made.append(number)
        return MemorySource(Pixels(np.full((1, 2, 2), number, np.float32)))

    sources = LazySources(make, 10)
    assert (len(sources), made) == (10, [])
    assert sources[-1].pixels().image[0, 0, 0] == 9
    chosen = sources.take(np.array([7, 3])).take(np.array([1]))
    assert chosen[0].pixels().image[0, 0, 0] == 3
    assert made == [9, 3]
    assert [s.pixels().image[0, 0, 0] for s in sources[2:4]] == [2, 3]
    with pytest.raises(IndexError):
        sources[10]


def test_long_and_shifted_cohorts_travel_to_other_processes(tmp_path, monkeypatch):
    import pickle

    from cancergan.cohort import Cohort
    from cancergan.cohort.readers import native
    from tests.data import blobs

    monkeypatch.setattr(native, "CHECKED_AT_ONCE", 4)
    blobs(8).save(tmp_path / "cohort")
    cohort = Cohort.open(tmp_path / "cohort").shifted(acquisition=0.5)
    again = pickle.loads(pickle.dumps(cohort))
    assert again.fingerprint == cohort.fingerprint
