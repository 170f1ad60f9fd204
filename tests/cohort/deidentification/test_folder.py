import csv
import json
import shutil
import warnings

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from cancergan.cohort import Cohort
from cancergan.cohort.deidentification import Profile, Secret, deidentify
from cancergan.core.errors import BadInputError, CancerganWarning
from tests.cohort.deidentification.patients import NAMES, contents_of, write_patient
from tests.data import shared

SECRET = Secret(bytes(range(32)))
LETTERS = st.characters(codec="latin-1", categories=("Lu", "Ll", "Nd"))
# The beginning keeps them apart from words that the library itself writes.
WORDS = st.text(LETTERS, min_size=6, max_size=10).map(lambda word: f"Zq{word}")


def written(folder):
    return [pydicom.dcmread(file) for file in sorted(folder.rglob("*.dcm"))]


def test_nothing_that_names_the_patient_is_left(tmp_path):
    for k in range(3):
        write_patient(tmp_path / f"in/Mustermann {k}.dcm", position=(0.0, 0.0, float(k)))
    deidentify(tmp_path / "in", tmp_path / "out", secret=SECRET)
    told = contents_of(tmp_path / "out").lower()
    for value in (*NAMES.values(), "mustermann", "sauerbruch", "erika", "1.2.840.999", "20240301"):
        for part in value.split("^"):
            assert part.lower().encode() not in told
    case = Cohort.open(tmp_path / "out")[0]
    assert case.image.shape == (1, 30, 20, 3)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(WORDS, min_size=6, max_size=6, unique=True), st.sampled_from(["shift", "remove"]))
def test_no_string_of_a_header_is_anywhere_in_the_bytes(tmp_path_factory, words, dates):
    folder = tmp_path_factory.mktemp("deid")
    family, given_name, identity, place, accession, physician = words
    write_patient(
        folder / "in/x.dcm",
        SpecificCharacterSet="ISO_IR 100", PatientName=f"{family}^{given_name}",
        PatientID=identity, InstitutionName=place, AccessionNumber=accession,
        ReferringPhysicianName=physician, SeriesDescription=f"{family} {identity}",
        ProtocolName=place, FilterType=accession, StationName=physician,
    )  # fmt: skip
    deidentify(folder / "in", folder / "out", secret=SECRET, profile=Profile(dates=dates))
    told = contents_of(folder / "out").decode("latin-1").lower()
    assert [word for word in words if word.lower() in told] == []


def test_calls_with_one_key_agree_and_with_another_do_not(tmp_path):
    paths = [write_patient(tmp_path / f"in{k}/x.dcm") for k in range(2)]
    for k, path in enumerate(paths):
        deidentify(path, tmp_path / f"out{k}", secret=SECRET)
    deidentify(paths[0], tmp_path / "other", secret=Secret.fresh())
    one, two, other = (written(tmp_path / name)[0] for name in ("out0", "out1", "other"))
    for keyword in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "StudyDate"):
        assert one[keyword] == two[keyword] != other[keyword]
    assert one.SOPInstanceUID != two.SOPInstanceUID


@pytest.mark.filterwarnings("ignore:.*files were held back")
def test_references_of_a_real_segmentation_still_hold(tmp_path):
    source = shared("dicom_ct_seg")
    deidentify(source, tmp_path / "out", secret=SECRET, pixels_trusted=True)
    files = written(tmp_path / "out")
    images = {one.SOPInstanceUID for one in files if one.Modality == "CT"}
    before = [pydicom.dcmread(file) for file in sorted(source.glob("*.dcm"))]
    assert len(images) == 3
    assert not images & {one.SOPInstanceUID for one in before}
    segmentation = next(one for one in files if one.Modality == "SEG")
    references = segmentation.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    assert {one.ReferencedSOPInstanceUID for one in references} <= images
    for one in before:
        after = next(x for x in files if x.SOPInstanceUID == SECRET.uid(one.SOPInstanceUID))
        assert after.PixelData == one.PixelData
        assert after.PatientID != one.PatientID


def test_the_audit_list_holds_places_and_no_values(tmp_path):
    write_patient(tmp_path / "in/x.dcm")
    account = deidentify(tmp_path / "in", tmp_path / "out", secret=SECRET)
    (name,) = account.changes
    record = json.loads((tmp_path / "out/audit/audit.json").read_text())
    assert record["files"] == 1
    assert ["(0010,0010)", "PatientName", "replaced by a pseudonym"] in record["changes"][name]
    rows = list(csv.DictReader((tmp_path / "out/audit/audit.csv").open()))
    assert {row["dicom_file"] for row in rows} == {name}
    assert len(rows) == len(account.changes[name])
    assert {"tag": "(0018,1210)", "keyword": "ConvolutionKernel"}.items() <= {
        k: v for row in rows if row["keyword"] == "ConvolutionKernel" for k, v in row.items()
    }.items()


def test_what_may_not_go_out_is_held_back_and_told(tmp_path):
    write_patient(tmp_path / "in/good.dcm")
    write_patient(tmp_path / "in/text.dcm", BurnedInAnnotation="YES")
    (tmp_path / "in/letter.txt").write_text("Mustermann")
    with pytest.warns(CancerganWarning, match=r"2 files were held back .*text is burned"):
        account = deidentify(tmp_path / "in", tmp_path / "out", secret=SECRET)
    assert {path.name for path in account.held_back} == {"text.dcm", "letter.txt"}
    assert len(written(tmp_path / "out")) == 1
    assert "text.dcm" not in contents_of(tmp_path / "out").decode("latin-1")


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_the_bundled_files_of_pydicom_pass_or_are_held_back(tmp_path):
    names = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "rtdose.dcm", "liver.dcm",
             "reportsi.dcm", "US1_UNCR.dcm", "rtplan.dcm")  # fmt: skip
    (tmp_path / "in").mkdir()
    for name in names:
        if found := get_testdata_file(name, download=False):
            shutil.copy(found, tmp_path / "in" / name)
    assert len(list((tmp_path / "in").iterdir())) >= 5
    originals = {file.name: pydicom.dcmread(file) for file in (tmp_path / "in").iterdir()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CancerganWarning)
        account = deidentify(tmp_path / "in", tmp_path / "out", secret=SECRET)
    assert len(account.changes) + len(account.held_back) == len(originals)
    screens_and_reports = {"reportsi.dcm", "US1_UNCR.dcm", "JPEG2000.dcm"}
    assert {path.name for path in account.held_back} == screens_and_reports & originals.keys()
    told = contents_of(tmp_path / "out")
    for dataset in originals.values():
        for value in (str(dataset.get("PatientName") or ""), str(dataset.SOPInstanceUID)):
            assert len(value) < 6 or value.encode() not in told


@pytest.mark.parametrize("what", ["missing", "empty", "damaged"])
def test_a_bad_folder_leaves_nothing(tmp_path, what):
    messages = {
        "missing": "not found",
        "empty": "holds no file",
        "damaged": r"x.dcm: cannot be read .the pixel data is cut off",
    }
    if what != "missing":
        (tmp_path / "in").mkdir()
    if what == "damaged":
        path = write_patient(tmp_path / "in/x.dcm")
        path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadInputError, match=messages[what]):
        deidentify(tmp_path / "in", tmp_path / "out", secret=SECRET)
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=20),
    st.floats(0.1, 1),
)
def test_a_damaged_file_is_refused_or_written_and_never_crashes(tmp_path_factory, bytes_, keep):
    folder = tmp_path_factory.mktemp("fuzz")
    path = write_patient(folder / "in/x.dcm")
    content = bytearray(path.read_bytes())
    for place, value in bytes_:
        content[132 + int(place * (len(content) - 132))] = value
    path.write_bytes(content[: max(132, int(keep * len(content)))])
    told = ""
    try:
        deidentify(folder / "in", folder / "out", secret=SECRET)
    except BadInputError as error:
        told = str(error)
    assert "\n" not in told
    assert (folder / "out").exists() == (told == "")


@pytest.mark.filterwarnings("ignore:.*held back")
def test_an_instance_that_is_there_twice_is_written_once(tmp_path):
    write_patient(tmp_path / "in/x.dcm")
    shutil.copy(tmp_path / "in/x.dcm", tmp_path / "in/y.dcm")
    account = deidentify(tmp_path / "in", tmp_path / "out", secret=SECRET)
    assert account.held_back == {
        tmp_path / "in/y.dcm": "has the instance UID of a file that was written"
    }
    assert len(written(tmp_path / "out")) == 1


def test_text_is_blackened_where_a_finder_sees_it(tmp_path):
    from cancergan.cohort.deidentification import Rectangle

    pixels = np.full((20, 30), 9, np.uint16)
    pixels[0, 0] = 1
    write_patient(tmp_path / "in/x.dcm", pixels, BurnedInAnnotation="YES")
    account = deidentify(
        tmp_path / "in", tmp_path / "out", secret=SECRET,
        finder=lambda frame: [Rectangle(5, 5, 10, 8)],
    )  # fmt: skip
    assert list(account.blackened.values()) == [15]
    found = written(tmp_path / "out")[0]
    assert (found.pixel_array[5:8, 5:10] == 1).all()
    assert (found.pixel_array == 9).sum() == 600 - 15 - 1
