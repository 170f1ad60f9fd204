from io import BytesIO

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import generate_uid

from cancergan.cohort.pacs.arrivals import ArrivalRefusedError, Arrivals, check_free
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_slice


def instance(tmp_path, **attributes):
    written = write_slice(tmp_path / "made" / "x.dcm", np.eye(4, dtype=np.uint16), **attributes)
    content = written.read_bytes()
    written.unlink()
    return content


def test_an_instance_is_kept_under_its_identifiers(tmp_path):
    content = instance(tmp_path, SOPInstanceUID="1.2.3.4.5")
    arrivals = Arrivals(tmp_path / "in")
    path = arrivals.keep(content)
    assert path == tmp_path / "in/1.2.3/1.2.3.4/1.2.3.4.5.dcm"
    assert path.read_bytes() == content
    assert [p for p in (tmp_path / "in").rglob("*") if p.is_file()] == [path]


def test_the_same_again_is_fine_and_another_is_not(tmp_path):
    first = instance(tmp_path, SOPInstanceUID="1.2.3.4.5")
    other = instance(tmp_path, SOPInstanceUID="1.2.3.4.5", PatientID="other")
    arrivals = Arrivals(tmp_path / "in")
    path = arrivals.keep(first)
    arrivals.keep(first)
    with pytest.raises(ArrivalRefusedError, match="with other content") as refusal:
        arrivals.keep(other)
    assert refusal.value.status == 0x0111
    assert path.read_bytes() == first


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.sampled_from(
            ["", "..", "../../x", "/etc/passwd", "1.2.3/../../x", "1..2", "01.2", "1.2.", "C:\\x"]
        ),
        st.text(alphabet="./\\019ab ", min_size=1, max_size=20).filter(
            lambda text: not text.strip(" ").replace(".", "").isdecimal()
        ),
        st.just("1." + "2" * 63),
    ),
    st.sampled_from(["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]),
)
def test_no_identifier_leads_out_of_the_folder(tmp_path, uid, keyword):
    dataset = pydicom.dcmread(BytesIO(instance(tmp_path)))
    dataset.add_new(keyword, "LT", uid)  # whatever a sender claims: pydicom would refuse as UI
    content = BytesIO()
    dataset.save_as(content)
    arrivals = Arrivals(tmp_path / "in")
    with pytest.raises(ArrivalRefusedError):
        arrivals.keep(content.getvalue())
    assert not (tmp_path / "in").exists()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.booleans())
def test_noise_is_refused_as_such(tmp_path, noise, with_preamble):
    content = bytes(128) + b"DICM" + noise if with_preamble else noise
    with pytest.raises(ArrivalRefusedError):
        Arrivals(tmp_path / "in").keep(content)
    assert not (tmp_path / "in").exists()


def test_limits_of_one_file_and_of_all(tmp_path):
    contents = [instance(tmp_path, SOPInstanceUID=generate_uid()) for _ in range(3)]
    small = Arrivals(tmp_path / "a", largest=100)
    with pytest.raises(ArrivalRefusedError, match="above the limit") as refusal:
        small.keep(contents[0])
    assert refusal.value.status == 0xA700
    two = Arrivals(tmp_path / "b", most=sum(map(len, contents[:2])))
    for content in contents[:2]:
        two.keep(content)
    with pytest.raises(ArrivalRefusedError, match="full"):
        two.keep(contents[2])
    assert len(two) == 2


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    check_free(tmp_path / "new")
    check_free(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BadInputError, match="not empty"):
        check_free(tmp_path)
