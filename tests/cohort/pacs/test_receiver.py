import socket
from time import monotonic

import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

from cancergan.cohort import Cohort, pacs
from cancergan.cohort.pacs import Arrivals, PacsError, receiving
from tests.cohort.dicom.files import write_slice


def slices(folder, n, size=8):
    return [
        write_slice(
            folder / f"{k}.dcm", np.full((size, size), k, np.uint16), position=(0.0, 0.0, float(k))
        )
        for k in range(n)
    ]


def sender(receiver, **settings):
    return pacs.connect(host="127.0.0.1", port=receiver.port, seconds=5, **settings)


def test_what_is_sent_opens_as_a_cohort(tmp_path):
    files = slices(tmp_path / "a", 3)
    with receiving(Arrivals(tmp_path / "in"), port=0) as receiver:
        assert sender(receiver).store(files) == {}
        receiver.wait(files=3)
    case = Cohort.open(tmp_path / "in")[0]
    assert case.image[0, 0, 0].tolist() == [0, 1, 2]
    kept = pydicom.dcmread(next((tmp_path / "in").rglob("*.dcm")))
    assert kept.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian


def test_a_refusal_reaches_the_sender(tmp_path):
    uid = generate_uid()
    first = write_slice(tmp_path / "1.dcm", np.eye(8, dtype=np.uint16), SOPInstanceUID=uid)
    second = write_slice(tmp_path / "2.dcm", np.ones((8, 8), np.uint16), SOPInstanceUID=uid)
    with receiving(Arrivals(tmp_path / "in"), port=0) as receiver:
        failed = sender(receiver).store([first, second])
    assert failed == {second: "status 0111"}
    assert len(receiver.refused) == 1
    assert "with other content" in receiver.refused[0]


def test_titles_that_may_not_send_are_rejected(tmp_path):
    with receiving(Arrivals(tmp_path / "in"), port=0, allowed=["PACS"]) as receiver:
        with pytest.raises(PacsError, match=r"association rejected .*Calling AE title"):
            sender(receiver).store(slices(tmp_path, 1))
        assert sender(receiver, calling="PACS").store(slices(tmp_path, 1)) == {}


def test_a_sender_without_end_is_cut_off(tmp_path):
    large = slices(tmp_path, 1, size=2048)
    with receiving(Arrivals(tmp_path / "in", largest=1000), port=0) as receiver:
        with pytest.raises(PacsError, match="connection broke"):
            sender(receiver).store(large)
        assert sender(receiver).store(slices(tmp_path, 1)) == {}
    assert len(receiver.arrivals) == 1


def test_waiting_ends_in_silence(tmp_path):
    with receiving(Arrivals(tmp_path / "in"), port=0) as receiver:
        start = monotonic()
        receiver.wait(idle=0.2)
        assert 0.1 < monotonic() - start < 3


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(PacsError, match=f"127.0.0.1:{port}: cannot listen"),
            receiving(Arrivals(tmp_path / "in"), port=port),
        ):
            pass
