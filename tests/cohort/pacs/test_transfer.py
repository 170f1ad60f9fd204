from pathlib import Path

import numpy as np
import pydicom
import pytest

from cancergan.cohort.pacs.errors import PacsError
from cancergan.cohort.pacs.parcels import Parcel
from cancergan.cohort.pacs.server import FoundSeries, Query
from cancergan.cohort.pacs.transfer import fetch, push
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_slice

PARCELS = [Parcel(name, (Path(f"{name}.dcm"), Path(f"{name}2.dcm"))) for name in "abcd"]


class FakeServer:
    """Takes or refuses what it is told to, and remembers."""

    address = "fake:1"

    def __init__(self, *, refuse=(), dies_at=None, series=(), datasets=()):
        self.refuse, self.dies_at, self.taken = refuse, dies_at, []
        self.series, self.datasets = list(series), list(datasets)

    def store(self, files):
        if self.dies_at == files[0].stem:
            raise PacsError("fake:1: connection refused.")
        self.taken += files
        return {file: "status A700" for file in files[:1] if file.stem in self.refuse}

    def search(self, query):
        return self.series

    def retrieve(self, series, keep):
        for dataset in self.datasets:
            keep(dataset)


def test_every_case_is_told():
    lines = []
    assert push(FakeServer(), PARCELS, tell=lines.append) == 8
    assert lines == [f"{name}: 2 files arrived" for name in "abcd"]


def test_a_refused_case_does_not_stop_the_others():
    server = FakeServer(refuse=("b", "c"))
    with pytest.raises(PacsError) as error:
        push(server, PARCELS)
    assert str(error.value) == (
        'fake:1: refused 2 cases, first "b" (1 of 2 files, status A700). '
        "2 of 4 cases arrived: a, d."
    )
    assert len(server.taken) == 8


def test_a_server_that_dies_leaves_an_account():
    with pytest.raises(PacsError, match=r"refused. 2 of 4 cases arrived: a, b\.$"):
        push(FakeServer(dies_at="c"), PARCELS)
    with pytest.raises(PacsError, match=r"^fake:1: connection refused\.$"):
        push(FakeServer(dies_at="a"), PARCELS)


def found(instances):
    return FoundSeries("p", "1.2.3", "1.2.3.4", "CT", "", instances)


@pytest.mark.parametrize("stated", [2, 0])
def test_what_arrives_is_a_folder(tmp_path, stated):
    files = [
        write_slice(tmp_path / f"{k}.dcm", np.eye(4, dtype=np.uint16), position=(0.0, 0.0, k))
        for k in range(2)
    ]
    server = FakeServer(series=[found(stated)], datasets=map(pydicom.dcmread, files))
    fetch(server, Query(patient_id="p"), tmp_path / "out")
    assert len(list((tmp_path / "out/1.2.3/1.2.3.4").glob("*.dcm"))) == 2


def test_an_incomplete_series_leaves_nothing(tmp_path):
    one = pydicom.dcmread(write_slice(tmp_path / "x.dcm", np.eye(4, dtype=np.uint16)))
    server = FakeServer(series=[found(2)], datasets=[one])
    with pytest.raises(PacsError, match="sent 1 of 2 instances"):
        fetch(server, Query(patient_id="p"), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["x.dcm"]


def test_everything_is_never_fetched_by_accident(tmp_path):
    with pytest.raises(BadInputError, match="would take everything"):
        fetch(FakeServer(), Query(), tmp_path / "out")
    with pytest.raises(BadInputError, match="no series matches"):
        fetch(FakeServer(), Query(modality="CT"), tmp_path / "out")
