import json
import re
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from cancergan.cli.pacs import app
from cancergan.cohort import Cohort
from cancergan.cohort.writers.dicom.identity import identity_of
from tests.data import blobs
from tests.orthanc import free_port, needs_orthanc


def run(*arguments):
    """Return what the command prints; what it raises is raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@needs_orthanc
@pytest.mark.parametrize("protocol", ["url", "dimse"])
def test_push_query_fetch(tmp_path, protocol, orthanc):
    cohort = blobs(3, shape=(6, 7), seed=len(protocol)).with_column("synthetic", [True] * 3)
    cohort.save(tmp_path / "c")
    mine = identity_of(cohort._contents).patient_id(0)[:-6]
    where = ["--url", orthanc.url] if protocol == "url" else orthanc.dimse
    assert "3 cases arrived, 6 files" in run("push", tmp_path / "c", *where)
    assert run("query", *where, "--patient", f"{mine}*").count("    series 2.25.") == 6
    found = json.loads(run("query", *where, "--json", "--patient", f"{mine}*"))
    pictures = [one for one in found if one["modality"] == "OT"]
    assert len(found) == 2 * len(pictures) == 6
    chosen = ["--series", pictures[-1]["series"]]
    output = run("fetch", *where, *chosen, "--out", tmp_path / "back")
    assert f"{tmp_path / 'back'}: 1 series" in output
    assert np.array_equal(Cohort.open(tmp_path / "back")[0].image, cohort[2].image)


def test_receive_keeps_what_push_sends(tmp_path):
    blobs(2).with_column("synthetic", [True] * 2).save(tmp_path / "c", "dicom")
    command = [sys.executable, "-u", "-m", "cancergan.cli.main", "pacs", "receive", "--port", "0"]
    command += ["--out", tmp_path / "in", "--files", "4", "--idle", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as receiver:
        port = re.search(r"127\.0\.0\.1:(\d+)", receiver.stdout.readline())[1]
        run("push", tmp_path / "c", "--host", "127.0.0.1", "--port", port)
        assert "4 files kept, 0 refused" in receiver.stdout.read()
    assert receiver.returncode == 0
    assert len(list((tmp_path / "in").rglob("*.dcm"))) == 4


def test_a_closed_port_is_one_line_and_exit_code_2(tmp_path):
    blobs(1).save(tmp_path / "c", "dicom")
    told = subprocess.run(
        [sys.executable, "-m", "cancergan.cli.main", "pacs", "push", tmp_path / "c",
         "--url", f"http://127.0.0.1:{free_port()}/dicom-web"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 2
    assert told.stderr.startswith("cancergan: http://127.0.0.1")
    assert "connection refused" in told.stderr
    assert told.stderr.count("\n") == 1
