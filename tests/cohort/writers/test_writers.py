import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError, CancerganWarning
from tests.data import blobs

AFFINE = np.array(
    [[-0.8, 0.1, 0.0, 120.0], [0.1, 0.8, 0.0, -90.5], [0.0, 0.0, 2.5, 33.25], [0, 0, 0, 1]]
)
random = np.random.default_rng(0)
FORMATS = ["native", "npz", "nifti", "png"]


def assert_equal(first, second):
    """Every bit, every name and every millimetre is the same."""
    assert second.fingerprint == first.fingerprint
    assert second.classes == first.classes
    assert second.unit_is_known == first.unit_is_known
    assert second.provenance == first.provenance
    for one, two in zip(first, second, strict=True):
        assert np.array_equal(one.image, two.image)
        assert (one.mask is None) == (two.mask is None)
        assert one.mask is None or np.array_equal(one.mask, two.mask)
        assert np.allclose(one.spacing, two.spacing, atol=1e-5)
        assert (one.affine is None) == (two.affine is None)
        assert one.affine is None or np.allclose(one.affine, two.affine, atol=1e-5)


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_eight_bit_pictures_come_back_bit_for_bit(tmp_path, format_name, channels):
    cohort = blobs(6, classes=3, channels=channels, shape=(9, 12))
    cohort.save(tmp_path / "saved", format_name)
    assert_equal(cohort, Cohort.open(tmp_path / "saved"))


@pytest.mark.parametrize("format_name", ["native", "npz", "nifti"])
@pytest.mark.parametrize("shape", [(1, 5, 6, 7), (2, 5, 6, 7), (2, 5, 6), (3, 5, 6, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint16])
def test_any_array_comes_back_bit_for_bit_with_its_place(tmp_path, format_name, shape, dtype):
    images = (1000 * random.normal(size=(3, *shape))).astype(dtype)
    masks = random.integers(0, 400, (3, *shape[1:]))
    table = pd.DataFrame({"label": ["b", "a", None], "age": [50.1, None, 1 / 3]})
    spacing = (0.7, 0.8, 2.5)[: len(shape) - 1]
    cohort = Cohort.from_arrays(
        images, table, masks=masks, spacing=spacing, affine=AFFINE, provenance={"seed": [1]}
    )
    cohort.save(tmp_path / "saved", format_name)
    assert_equal(cohort, Cohort.open(tmp_path / "saved"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["NA", "007", "1.0", "nan"])),
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_table_comes_back(tmp_path_factory, rows):
    table = pd.DataFrame(rows, columns=["note", "value", "flag"])
    cohort = Cohort.from_arrays(None, table)
    path = tmp_path_factory.mktemp("table") / "saved"
    cohort.save(path)
    assert Cohort.open(path).fingerprint == cohort.fingerprint


@pytest.mark.parametrize("format_name", ["native", "npz"])
@pytest.mark.parametrize("word", ["\r", "\r0", "a\rb", "a\r", "\n", "a\r\nb", '"', ",", "a;b"])
def test_no_letter_of_a_table_is_a_line_end(tmp_path, format_name, word):
    table = pd.DataFrame({"case_id": ["one", "two"], "note": [word, "b"]})
    cohort = Cohort.from_arrays(np.zeros((2, 1, 4, 4), np.uint8), table)
    cohort.save(tmp_path / "saved", format_name)
    assert Cohort.open(tmp_path / "saved").table["note"].tolist() == [word, "b"]


@pytest.mark.parametrize("format_name", ["native", "png", "nifti"])
def test_cases_of_different_shapes_and_some_masks(tmp_path, format_name):
    images = [random.integers(0, 256, (1, n, 4), dtype=np.uint8) for n in (3, 4, 5)]
    cohort = Cohort.from_arrays(images, masks=[None, np.eye(4, dtype=np.uint8), None])
    cohort.save(tmp_path / "saved", format_name)
    assert_equal(cohort, Cohort.open(tmp_path / "saved"))


@pytest.mark.parametrize("format_name", [*FORMATS, "dicom"])
def test_nothing_is_left_of_a_failed_save(tmp_path, format_name, monkeypatch):
    cohort = blobs(4)
    calls = []

    def fail_late(index):
        calls.append(index)
        if index == 3:
            raise BadInputError("scan.png: cannot be read.")
        return read(index)

    read = cohort._contents.pixels
    object.__setattr__(cohort._contents, "pixels", fail_late)
    with pytest.raises(BadInputError, match=r"scan.png"):
        cohort.save(tmp_path / "saved", format_name)
    assert calls
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_name", [*FORMATS, "dicom"])
def test_nothing_is_overwritten(tmp_path, format_name):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BadInputError, match="exists already and is not empty"):
        blobs(2).save(tmp_path, format_name)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_unknown_format_names_the_known_ones(tmp_path):
    with pytest.raises(BadInputError, match='unknown format "nifty"; did you mean "nifti"'):
        blobs(2).save(tmp_path / "x", "nifty")


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_selection_keeps_its_classes_on_disk(tmp_path, format_name):
    part = blobs(6, classes=3).select("label == 'class_2'")
    part.save(tmp_path / "saved", format_name)
    assert Cohort.open(tmp_path / "saved").classes == ("class_0", "class_1", "class_2")


def test_further_arrays_are_kept_by_the_native_format_alone(tmp_path):
    images = np.zeros((2, 1, 4, 5, 3), np.int16)
    doses = [np.arange(60, dtype=np.float32).reshape(1, 4, 5, 3), None]
    table = pd.DataFrame({"source": ["clinic A", "clinic B"]})
    cohort = Cohort.from_arrays(images, table, arrays={"dose": doses})
    cohort.save(tmp_path / "native")
    again = Cohort.open(tmp_path / "native")
    assert np.array_equal(again[0].arrays["dose"], doses[0])
    assert (again[1].arrays, again[1].attributes["source"]) == ({}, "clinic B")
    assert again.fingerprint == cohort.fingerprint
    assert cohort.fingerprint != Cohort.from_arrays(images, table).fingerprint
    with pytest.warns(CancerganWarning, match="dose is left out"):
        cohort.save(tmp_path / "nifti", format="nifti")
