import numpy as np
import pytest

from cancergan.core.errors import BadInputError
from cancergan.metrics.radiomics.levels import grey_levels
from cancergan.metrics.radiomics.settings import RadiomicsSettings


def levels(values, profile="ibsi", **changes):
    settings = RadiomicsSettings.for_profile(profile, **changes)
    return grey_levels(np.array(values, dtype=float), settings).tolist()


def test_a_fixed_number_of_bins_holds_the_greatest_value_in_the_last():
    assert levels([0, 0.9, 1, 3.9, 4], bin_number=4) == [1, 1, 2, 4, 4]
    assert levels([5, 5], bin_number=4) == [1, 1]


def test_bins_of_fixed_width_start_where_the_profile_says():
    assert levels([7, 11, 12, 17], bin_width=5) == [1, 1, 2, 3]
    assert levels([7, 11, 12, 17], bin_width=5, resegment=(0, 20)) == [2, 3, 3, 4]
    assert levels([7, 11, 12, 17], "pyradiomics", bin_width=5) == [1, 2, 2, 3]
    assert levels([-7, -5, -1, 0], "pyradiomics", bin_width=5) == [1, 2, 2, 3]


def test_too_many_levels_are_refused():
    with pytest.raises(BadInputError, match=r"make 4001 grey levels, more than 1024\. Raise bin_w"):
        levels([0, 4000], bin_width=1)
