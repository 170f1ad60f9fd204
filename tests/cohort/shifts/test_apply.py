import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.phantoms import phantom
from cancergan.cohort.shifts import KINDS, Acquisition, Annotation, Manifestation, Prevalence
from cancergan.core.errors import BadInputError
from tests.data import blobs, shared

STRONG = {kind: 0.5 for kind in KINDS if kind != "population"}


@pytest.fixture(scope="module")
def ultrasound() -> Cohort:
    return phantom("breast_ultrasound", 40, seed=1, size=48, lesion_radius=(4.0, 6.0))


def test_strength_zero_changes_nothing(ultrasound):
    same = ultrasound.shifted(seed=5)
    assert same.fingerprint == ultrasound.fingerprint
    assert same.provenance == ultrasound.provenance
    assert same.pixels(3).image is ultrasound.pixels(3).image


def test_the_same_seed_gives_the_same_cohort_whatever_is_read_first(ultrasound):
    a, b = (ultrasound.shifted(**STRONG, population=0.3, seed=5) for _ in range(2))
    last = b[len(b) - 1]
    assert a.fingerprint == b.fingerprint
    np.testing.assert_array_equal(a[len(a) - 1].image, last.image)
    assert a.fingerprint != ultrasound.shifted(**STRONG, population=0.3, seed=6).fingerprint


def test_a_picture_of_8_bit_changes_alike_in_a_selection():
    cohort = blobs(20)
    one = cohort.select(cohort.table["case_id"] == "s0_0007")
    one, many = (c.shifted(acquisition=0.5, annotation=0.5, seed=2) for c in (one, cohort))
    np.testing.assert_array_equal(one[0].image, many[7].image)
    np.testing.assert_array_equal(one[0].mask, many[7].mask)


def test_geometry_stays_and_the_provenance_says_what_was_done(ultrasound):
    shifted = ultrasound.shifted(**STRONG, seed=5)
    assert shifted[0].spacing == ultrasound[0].spacing
    assert shifted.classes == ultrasound.classes
    assert shifted.provenance["phantom"] == "breast_ultrasound"
    assert shifted.provenance["shifts"] == [
        {"kind": "prevalence", "strength": 0.5, "seed": 5},
        {"kind": "manifestation", "strength": 0.5, "mechanism": "contrast", "seed": 5},
        {"kind": "acquisition", "strength": 0.5, "mechanism": "scanner", "seed": 5},
        {"kind": "annotation", "strength": 0.5, "mechanism": "dilation", "seed": 5},
    ]
    assert [s["seed"] for s in shifted.shifted(acquisition=0.1).provenance["shifts"]][-1] == 0


def test_the_same_place_in_a_shifted_cohort_is_read_only_when_asked_for():
    class Unreadable:
        def header(self):
            raise AssertionError("header read")

        def pixels(self):
            raise AssertionError("pixels read")

    cohort = blobs(400)
    held = cohort._contents
    # Cases 16 apart are looked at for masks and for the window; nothing else is read.
    looked_at = set(np.linspace(0, 399, 16).astype(int)) | set(
        np.linspace(0, 399, 16).round().astype(int)
    )
    sources = tuple(s if i in looked_at else Unreadable() for i, s in enumerate(held.sources))
    from dataclasses import replace

    lazy = Cohort(replace(held, sources=sources))
    shifted = lazy.shifted(acquisition=0.5, annotation=0.5, manifestation=0.5)
    with pytest.raises(AssertionError, match="pixels read"):
        list(shifted)


def test_volumes_are_shifted_too():
    volumes = blobs(6, shape=(12, 10, 8), channels=2)
    shifted = volumes.shifted(acquisition=0.5, manifestation=0.5, annotation=0.5)
    assert shifted[0].image.shape == volumes[0].image.shape
    assert not np.array_equal(shifted[0].image, volumes[0].image)


def test_a_table_alone_can_be_shifted_in_its_rows_and_labels():
    table = pd.DataFrame({"label": ["a", "b"] * 50, "age": range(100)})
    cohort = Cohort.from_arrays(None, table)
    shifted = cohort.shifted(population=0.5, prevalence=0.5, annotation=0.5)
    assert len(shifted) < 100
    with pytest.raises(BadInputError, match="table without images"):
        cohort.shifted(acquisition=0.5)


@pytest.mark.parametrize(
    ("shift", "message"),
    [
        ({"acquisition": Acquisition(0.5, "nois")}, 'did you mean "noise"'),
        ({"annotation": Annotation(0.5, "dilate")}, "unknown mechanism of annotation"),
        ({"manifestation": Manifestation(0.5, label="none")}, "unknown class"),
        ({"acquisition": 2.0}, "from 0 to 1"),
        ({"prevalence": Acquisition(0.5)}, "given settings of acquisition"),
    ],
)
def test_mistakes_are_told(shift, message):
    with pytest.raises(BadInputError, match=message):
        blobs(8).shifted(**shift)


def test_what_needs_masks_says_so():
    bare = Cohort.from_arrays(np.zeros((4, 1, 8, 8)), pd.DataFrame({"label": list("aabb")}))
    with pytest.raises(BadInputError, match='annotation "dilation" needs masks'):
        bare.shifted(annotation=Annotation(0.5, "dilation"))
    with pytest.raises(BadInputError, match='manifestation "size" needs masks'):
        bare.shifted(manifestation=Manifestation(0.5, "size"))
    assert bare.shifted(manifestation=0.5).provenance["shifts"][0]["mechanism"] == "class"
    assert bare.shifted(annotation=0.5).provenance["shifts"][0]["mechanism"] == "labels"


def test_real_dermoscopy_and_a_saved_copy(tmp_path):
    skin = Cohort.open(shared("isic_uda1")).select("index < 12")
    shifted = skin.shifted(acquisition=0.5, manifestation=0.5, population=0.2, seed=1)
    shifted.save(tmp_path / "out")
    again = Cohort.open(tmp_path / "out")
    assert again.fingerprint == shifted.fingerprint
    assert again.provenance["shifts"] == shifted.provenance["shifts"]
    assert again.pixels(0).image.dtype == np.uint8


def test_prevalence_towards_a_named_class():
    cohort = blobs(60).shifted(prevalence=Prevalence(0.5, "class_1"))
    assert (cohort.table["label"] == "class_1").mean() == pytest.approx(0.75, abs=0.02)
