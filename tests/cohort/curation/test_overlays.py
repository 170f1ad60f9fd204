import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.curation.overlays import overlays
from tests.cohort.curation.plants import case, drawn
from tests.data import shared


def kinds(image):
    return {overlay.kind for overlay in overlays(case(image))}


@pytest.mark.parametrize("kind", ["text", "calliper", "ruler"])
def test_what_is_drawn_on_a_dark_picture_is_found_where_it_is(kind):
    image = np.random.default_rng(0).uniform(0, 60, (1, 120, 160))
    marked = drawn(image, kind, np.random.default_rng(1))
    assert kinds(image) == set()
    assert kinds(marked) == {kind}
    changed = (np.abs(marked - np.floor(image)) > 100)[0]
    for overlay in overlays(case(marked)):
        top, left, bottom, right = overlay.box
        rows, columns = (
            slice(round(top * 120), round(bottom * 120)),
            slice(round(left * 160), round(right * 160)),
        )
        assert changed[rows, columns].any()


# Least share found of what was drawn, and largest share of untouched images with a finding.
MEASURED = {
    "busi": {"text": (0.7, 0.2), "calliper": (0.8, 0.06), "ruler": (0.9, 0.02)},
    "isic_uda1": {"text": (0.4, 0.02), "calliper": (0.6, 0.02), "ruler": (0.7, 0.02)},
    "monuseg": {"text": (0.5, 0.02), "calliper": (0.4, 0.02), "ruler": (0.9, 0.02)},
}


@pytest.mark.parametrize("name", MEASURED)
def test_sensitivity_and_false_alarms_on_real_images(name):
    cohort, random = Cohort.open(shared(name)), np.random.default_rng(0)
    images = [cohort[int(i)].image for i in random.permutation(len(cohort))[:30]]
    untouched = [kinds(image) for image in images]
    for kind, (least, most) in MEASURED[name].items():
        free = [image for image, found in zip(images, untouched, strict=True) if kind not in found]
        found = np.mean([kind in kinds(drawn(image, kind, random)) for image in free])
        assert found >= least, kind
        assert np.mean([kind in held for held in untouched]) <= most, kind


def test_real_burned_in_text_and_callipers_are_found():
    cohort = Cohort.open(shared("busi"))
    table = cohort.table.set_index("case_id")
    assert "text" in kinds(cohort[table.index.get_loc("benign_001")].image)
    assert "calliper" in kinds(cohort[table.index.get_loc("benign_022")].image)
