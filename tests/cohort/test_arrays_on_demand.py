import numpy as np

from cancergan.cohort.arrays_on_demand import ArraysOnDemand, float32_view


def test_nothing_is_made_before_it_is_asked_for():
    made = []

    def dose():
        made.append("dose")
        return np.ones((1, 2), np.float64)

    arrays = ArraysOnDemand({"dose": dose})
    view = float32_view(arrays)
    assert (list(view), len(arrays), "dose" in arrays, made) == (["dose"], 1, True, [])
    assert view["dose"].dtype == np.float32
    assert made == ["dose"]
