"""Against a real PACS: what goes in by one protocol comes back by the other, bit for bit."""

import warnings
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pydicom
import pytest
from typer.testing import CliRunner

from cancergan.cli.main import app
from cancergan.cohort import Cohort, pacs
from cancergan.cohort.pacs import PacsError, Query
from cancergan.cohort.writers.dicom.identity import identity_of
from cancergan.core.errors import BadInputError, CancerganWarning
from tests.data import shared
from tests.orthanc import free_port, needs_orthanc, orthanc_running

pytestmark = needs_orthanc


def connected(orthanc, protocol):
    if protocol == "dicomweb":
        return pacs.connect(url=orthanc.url)
    return pacs.connect(host="127.0.0.1", port=orthanc.dicom, called="ORTHANC")


def cohort_of(seed, modality="CT"):
    draw = np.random.default_rng(seed)
    images = draw.integers(-1000, 2000, (3, 1, 7, 9, 4)).astype(np.int16)
    masks = draw.integers(0, 3, (3, 7, 9, 4))
    table = pd.DataFrame(
        {"patient_id": ["a", "a", "b"], "label": ["x", "y", "x"], "synthetic": True,
         "modality": modality}
    )  # fmt: skip
    return Cohort.from_arrays(images, table, masks=masks, spacing=(0.7, 0.8, 2.5))


def opened(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CancerganWarning)
        return Cohort.open(path)


@contextmanager
def pacs_of(cohort):
    with TemporaryDirectory() as folder:
        cohort.save(Path(folder) / "c", "dicom")
        with pacs.parcels_of(Path(folder) / "c") as made:
            yield made


@pytest.mark.parametrize(("way_in", "way_out"), [("dicomweb", "dimse"), ("dimse", "dicomweb")])
def test_a_cohort_goes_in_and_comes_back(orthanc, tmp_path, way_in, way_out):
    cohort = cohort_of(seed=[len(way_in), len(way_out)])
    cohort.save(tmp_path / "native")
    with pacs.parcels_of(tmp_path / "native") as parcels:
        assert pacs.push(connected(orthanc, way_in), parcels) == 3 * (4 + 1)
    server = connected(orthanc, way_out)
    patients = sorted({one.patient_id for one in server.search(Query(patient_id="SYNTH*"))})
    prefix = identity_of(Cohort.open(tmp_path / "native")._contents).patient_id(0)[:18]
    mine = [patient for patient in patients if patient.startswith(prefix)]
    assert len(mine) == 2
    found = server.search(Query(patient_id=mine[0]))
    assert sorted(one.modality for one in found) == ["CT", "CT", "SEG", "SEG"]
    assert sorted(one.instances for one in found) == [1, 1, 4, 4]
    assert {one.description for one in found} == {"x", "y", "x: mask", "y: mask"}
    fetched = [pacs.fetch(server, Query(patient_id=p), tmp_path / p) for p in mine]
    assert [len(series) for series in fetched] == [4, 2]
    back = [case for p in mine for case in opened(tmp_path / p)]
    for one, two in zip(cohort, back, strict=True):
        assert np.array_equal(one.image, two.image)
        assert np.allclose(one.spacing, two.spacing, atol=1e-5)


def test_the_server_sees_what_marks_the_files(orthanc):
    server = connected(orthanc, "dicomweb")
    with pacs_of(cohort_of(77)) as parcels:
        pacs.push(server, parcels)
    tags = [one for one in orthanc.tags() if one["Modality"] == "CT"]
    assert tags
    for one in tags:
        assert one["ImageType"] == "DERIVED\\SECONDARY\\AXIAL"
        assert one["ContentQualification"] == "RESEARCH"
        assert one["PatientID"].startswith("SYNTHETIC-")
        assert one["PatientName"].startswith("SYNTHETIC^")
        assert one["ContributingEquipmentSequence"][0]["Manufacturer"] == "cancergan"
        assert one["PatientSex"] == one["PatientBirthDate"] == one["StudyDate"] == ""


@pytest.mark.parametrize("protocol", ["dicomweb", "dimse"])
def test_a_push_can_be_repeated(orthanc, protocol):
    server = connected(orthanc, protocol)
    with pacs_of(cohort_of(5)) as parcels:
        pacs.push(server, parcels)
        before = len(orthanc.tags())
        pacs.push(server, parcels)
    assert len(orthanc.tags()) == before


@pytest.mark.parametrize("protocol", ["dicomweb", "dimse"])
def test_nothing_found_is_said(orthanc, tmp_path, protocol):
    server = connected(orthanc, protocol)
    with pytest.raises(BadInputError, match="no series matches"):
        pacs.fetch(server, Query(patient_id="NOBODY"), tmp_path / "x")
    with pytest.raises(BadInputError, match="would take everything"):
        pacs.fetch(server, Query(), tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("way", ["url", "host"])
def test_a_wrong_door_is_named(orthanc, way):
    if way == "url":
        server = pacs.connect(url=f"http://127.0.0.1:{orthanc.http}/nowhere")
        with pytest.raises(PacsError, match=r"HTTP 404 .*root of DICOMweb"):
            server.search(Query())
    else:
        server = pacs.connect(host="127.0.0.1", port=orthanc.http, seconds=2)
        with pytest.raises(PacsError, match=r"no association|refused|no answer"):
            server.search(Query())


def test_a_title_that_the_server_does_not_know_is_rejected(tmp_path):
    with orthanc_running(tmp_path, DicomCheckCalledAet=True) as strict:
        server = pacs.connect(host="127.0.0.1", port=strict.dicom, called="OTHER")
        with pytest.raises(PacsError, match=r"association rejected .Called AE title"):
            server.search(Query())


def test_a_login_is_asked_for_and_taken_from_the_environment(tmp_path, monkeypatch):
    users = {"AuthenticationEnabled": True, "RegisteredUsers": {"researcher": "secret"}}
    with orthanc_running(tmp_path, **users) as locked:
        with pytest.raises(PacsError, match=r"HTTP 401 .*CANCERGAN_PACS_USER"):
            pacs.connect(url=locked.url).search(Query())
        monkeypatch.setenv("CANCERGAN_PACS_USER", "researcher")
        monkeypatch.setenv("CANCERGAN_PACS_PASSWORD", "secret")
        assert pacs.connect(url=locked.url).search(Query()) == []


@pytest.mark.filterwarnings("ignore:.*(left out|held back)")
@pytest.mark.parametrize("protocol", ["url", "dimse"])
def test_a_real_study_goes_from_export_to_research_by_commands(orthanc, tmp_path, protocol):
    source, where = shared("dicom_ct_seg"), orthanc.dimse
    if protocol == "url":
        where = ["--url", orthanc.url]

    def run(*arguments):
        result = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output

    run("deidentify", source, "--out", tmp_path / "clean")
    (patient,) = [path.name for path in (tmp_path / "clean").glob("ANON-*")]
    run("pacs", "push", tmp_path / "clean", *where)
    run("pacs", "fetch", *where, "--patient", patient, "--out", tmp_path / "back")
    sent, back = (
        {one.SOPInstanceUID: one for one in map(pydicom.dcmread, (tmp_path / x).rglob("*.dcm"))}
        for x in ("clean", "back")
    )
    assert len(sent) == 5
    assert sent.keys() == back.keys()
    for uid, one in sent.items():
        assert one.PixelData == back[uid].PixelData
    real = pydicom.dcmread(source / "01.dcm")
    told = str([one for one in orthanc.tags() if one["PatientID"] == patient])
    for value in (real.StudyInstanceUID, real.SeriesInstanceUID, real.StudyDate):
        assert str(value) not in told
    assert np.array_equal(opened(tmp_path / "back")[0].image, opened(source)[0].image)


def test_a_server_without_get_sends_to_our_own_port(tmp_path):
    port, cohort = free_port(), cohort_of(3)
    known = {"us": ["CANCERGAN", "127.0.0.1", port]}
    (tmp_path / "server").mkdir()
    with orthanc_running(tmp_path / "server", DicomModalities=known) as server:
        moving = pacs.connect(
            host="127.0.0.1", port=server.dicom, called="ORTHANC", move_port=port, seconds=10
        )
        with pacs_of(cohort) as parcels:
            pacs.push(moving, parcels)
        pacs.fetch(moving, Query(modality="CT"), tmp_path / "back")
        with pytest.raises(PacsError, match=r"Does it know STRANGER at this computer"):
            pacs.fetch(
                pacs.connect(
                    host="127.0.0.1",
                    port=server.dicom,
                    calling="STRANGER",
                    move_port=port,
                    seconds=1,
                ),
                Query(modality="CT"),
                tmp_path / "none",
            )
    assert len(list((tmp_path / "back").rglob("*.dcm"))) == 3 * 4
    assert not (tmp_path / "none").exists()
