import pytest

from cancergan.core.errors import BadInputError
from cancergan.metrics.radiomics.settings import PYRADIOMICS_FAMILIES, RadiomicsSettings


def test_profiles_differ_in_bins_directions_and_families():
    ibsi, pyradiomics = (RadiomicsSettings.for_profile(name) for name in ("ibsi", "pyradiomics"))
    assert (ibsi.bin_number, ibsi.bin_width, ibsi.directions) == (32, None, "merge")
    assert (pyradiomics.bin_number, pyradiomics.bin_width) == (None, 25)
    assert (pyradiomics.directions, pyradiomics.families) == ("average", PYRADIOMICS_FAMILIES)


@pytest.mark.parametrize("profile", ["ibsi", "pyradiomics"])
@pytest.mark.parametrize("change", [{"bin_width": 5.0}, {"bin_number": 8}])
def test_one_way_of_binning_replaces_the_other(profile, change):
    settings = RadiomicsSettings.for_profile(profile, **change)
    assert {"bin_number": None, "bin_width": None} | change == {
        "bin_number": settings.bin_number,
        "bin_width": settings.bin_width,
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"profile": "ibis"}, "profile: Input should be 'ibsi' or 'pyradiomics'"),
        ({"bin_widht": 5}, 'unknown key "bin_widht"; did you mean "bin_width"'),
        ({"bin_width": -1}, "bin_width: .*greater than 0"),
        ({"bin_number": 1}, "bin_number: .*greater than or equal to 2"),
        ({"bin_number": 4, "bin_width": 2}, "either bin_number or bin_width"),
        ({"resegment": (5, 5)}, "low < high"),
        ({"neighbourhood": "4D"}, "neighbourhood: Input should be '2D', '2.5D' or '3D'"),
        ({"profile": "pyradiomics", "families": ["gldzm"]}, "'gldzm'.* not in the profile"),
        ({"families": []}, "families"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(BadInputError, match=message):
        RadiomicsSettings.for_profile(**changes)


def test_every_setting_is_in_the_fingerprint():
    changes = {
        "families": ["glcm"],
        "bin_number": 16,
        "bin_width": 3.0,
        "resegment": (0, 9),
        "outliers": 3.0,
        "neighbourhood": "2D",
        "directions": "average",
        "energy_shift": 2000.0,
        "dependence": 1,
    }
    assert set(changes) | {"profile"} == set(RadiomicsSettings.model_fields)
    prints = {RadiomicsSettings.for_profile(**{k: v}).fingerprint for k, v in changes.items()}
    prints |= {RadiomicsSettings.for_profile(name).fingerprint for name in ("ibsi", "pyradiomics")}
    assert len(prints) == len(changes) + 2
