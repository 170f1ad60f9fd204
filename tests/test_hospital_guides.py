"""The guides to PACS and de-identification do what they say, against a real server."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cancergan.cli.main import app
from cancergan.cohort import Cohort
from cancergan.cohort.deidentification import Secret
from tests.cohort.deidentification.patients import contents_of, write_patient
from tests.data import blobs
from tests.orthanc import needs_orthanc, orthanc_running

DOCS = Path(__file__).parents[1] / "docs"


def blocks(guide, language):
    text = (DOCS / f"{guide}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def at_home(text, server):
    """Return commands or code with the ports of the test's own server."""
    return text.replace("localhost:8042", f"localhost:{server.http}").replace(
        "4242", str(server.dicom)
    )


@needs_orthanc
@pytest.mark.filterwarnings("ignore:.*left out")
def test_the_pacs_guide_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = []
    with orthanc_running(tmp_path) as server:
        for line in at_home(blocks("pacs", "bash")[0], server).splitlines():
            result = CliRunner().invoke(app, shlex.split(line)[1:], catch_exceptions=False)
            assert result.exit_code == 0, line
            outputs.append(result.output)
        assert "3 cases arrived" in outputs[1]
        assert Cohort.open("fetched")[2].image.shape == Cohort.open("phantom")[2].image.shape
        shutil.rmtree("fetched")
        marked = blobs(2).with_column("synthetic", [True] * 2)
        marked.with_column("modality", ["CT"] * 2).save("synthetic")
        exec(at_home(blocks("pacs", "python")[0], server), {})
    assert len(Cohort.open("fetched")) == 2


def test_the_code_of_the_deidentification_guide_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_patient(tmp_path / "hospital_export/x.dcm", BurnedInAnnotation="YES")
    Secret.fresh().save(tmp_path / "project.key")
    brain = np.zeros((1, 4, 9, 4), np.uint8)
    brain[:, :, 2:6] = 1
    heads = np.arange(4 * 9 * 4, dtype=np.int16).reshape(1, 1, 4, 9, 4)
    Cohort.from_arrays(heads, pd.DataFrame({"case_id": ["a"]}), masks=brain).save("heads")
    for code in blocks("deidentification", "python"):
        exec(code, {})
    assert b"ustermann" not in contents_of(tmp_path / "research")
    defaced = Cohort.open("defaced")[0].image
    assert np.array_equal(defaced[:, :, :6], heads[0][:, :, :6])
    assert not defaced[:, :, 6:].any()
