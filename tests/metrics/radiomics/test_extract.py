import numpy as np
import pytest

from cancergan.metrics.radiomics import extract
from cancergan.metrics.radiomics.extract import features_of_regions
from cancergan.metrics.radiomics.region import region_of
from cancergan.metrics.radiomics.settings import RadiomicsSettings
from tests.metrics.radiomics.phantoms import tissue


def test_batches_hold_every_region_once_and_leave_no_trace(monkeypatch):
    settings = RadiomicsSettings.for_profile(families=["glcm", "intensity"], bin_number=8)
    sizes = [(9, 20), (4, 4), (20, 9), (4, 5), (9, 20)]
    regions = [
        region_of(tissue(*size, seed=i), None, None, settings) for i, size in enumerate(sizes)
    ]
    whole = features_of_regions(regions, settings)
    monkeypatch.setattr(extract, "MOST_VOXELS", 300)
    cut = features_of_regions(regions, settings)
    assert len(extract._batches(regions, settings)[1]) == 4
    assert list(whole) == list(cut)
    assert next(iter(whole)).startswith("glcm")  # families in the order that was asked for
    for name, column in whole.items():
        np.testing.assert_allclose(cut[name], column)


@pytest.mark.parametrize("family", ["morphology", "glcm", "gldzm"])
def test_a_family_alone_gives_what_it_gives_among_others(family):
    region = region_of(tissue(10, 10), None, None, RadiomicsSettings.for_profile())
    everything = features_of_regions([region], RadiomicsSettings.for_profile())
    alone = features_of_regions([region], RadiomicsSettings.for_profile(families=[family]))
    assert alone == {name: everything[name] for name in everything if name.startswith(family)}
