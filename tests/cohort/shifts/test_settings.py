import pytest

from cancergan.cohort.shifts import Acquisition, Manifestation, Prevalence
from cancergan.cohort.shifts.settings import as_settings
from cancergan.core.errors import BadInputError


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan"), "strong", True])
def test_a_strength_outside_its_range_is_refused(strength):
    with pytest.raises(BadInputError, match="strength of acquisition is"):
        Acquisition(strength)


def test_a_number_becomes_settings_of_its_kind():
    assert as_settings(0.3, Prevalence) == Prevalence(0.3)
    assert as_settings(Prevalence(0.3, "a"), Prevalence).towards == "a"


def test_settings_of_another_kind_are_refused():
    with pytest.raises(BadInputError, match="prevalence was given settings of acquisition"):
        as_settings(Acquisition(), Prevalence)


def test_json_names_the_kind_and_leaves_out_what_is_not_said():
    assert Manifestation(0.2).to_json() == {"kind": "manifestation", "strength": 0.2}
