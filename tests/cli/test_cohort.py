import json

import numpy as np
import pytest
from typer.testing import CliRunner

from cancergan.cli.cohort import app
from cancergan.cohort import Cohort, check_disjoint
from cancergan.core.errors import BadInputError
from tests.data import blobs


@pytest.fixture
def saved(tmp_path):
    blobs(20).save(tmp_path / "cohort")
    return tmp_path / "cohort"


def run(*arguments):
    """Return what the command prints; what it raises is raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_describe_for_people_and_for_machines(saved):
    text = run("describe", saved)
    assert "class_0: 10" in text
    assert "1 x 16 x 16: 20" in text
    described = json.loads(run("describe", saved, "--json"))
    assert described["patients"] == 10
    assert described["fingerprint"] == Cohort.open(saved).fingerprint


def test_import_and_export_write_the_same_cohort(saved, tmp_path):
    run("import", saved, "--out", tmp_path / "copy")
    run("export", saved, "--out", tmp_path / "pictures", "--format", "png")
    run("export", saved, "--out", tmp_path / "volumes")
    assert (tmp_path / "pictures/images/s0_0000.png").is_file()
    assert (tmp_path / "volumes/images/s0_0000.nii.gz").is_file()
    prints = {Cohort.open(tmp_path / name).fingerprint for name in ("copy", "pictures", "volumes")}
    assert prints == {Cohort.open(saved).fingerprint}


def test_split_writes_disjoint_cohorts(saved, tmp_path):
    output = run("split", saved, "--out", tmp_path / "parts", "--parts", "train=.5,test=.5")
    parts = {name: Cohort.open(tmp_path / "parts" / name) for name in ("train", "test")}
    check_disjoint(parts)
    assert [len(part) for part in parts.values()] == [10, 10]
    assert f"{tmp_path / 'parts' / 'train'}: 10 cases" in output
    assert "No patients are named" not in output


def test_split_in_blocks_says_that_no_patient_is_named(tmp_path):
    Cohort.from_arrays(np.arange(40).reshape(10, 1, 2, 2)).save(tmp_path / "c")
    output = run("split", tmp_path / "c", "--out", tmp_path / "p", "--order", "contiguous")
    assert "No patients are named" in output
    train = Cohort.open(tmp_path / "p/train").table["case_id"].tolist()
    assert train == [f"case_{i:05d}" for i in range(7)]


@pytest.mark.parametrize("parts", ["train", "train=x", "=1", "train=.7;test=.3"])
def test_parts_that_cannot_be_read_are_shown(saved, tmp_path, parts):
    with pytest.raises(BadInputError, match=r"--parts .* needed is train=.7"):
        run("split", saved, "--out", tmp_path / "p", "--parts", parts)


def test_a_failed_split_leaves_nothing(saved, tmp_path):
    with pytest.raises(BadInputError, match='unknown column "number"'):
        run("split", saved, "--out", tmp_path / "p", "--by", "number")
    (saved / "images/s0_0019.npy").write_bytes(b"broken")
    with pytest.raises(BadInputError, match=r"s0_0019.npy: cannot be read"):
        run("split", saved, "--out", tmp_path / "p")
    assert [path.name for path in tmp_path.iterdir()] == ["cohort"]


def test_radiomics_writes_a_row_a_case(saved, tmp_path):
    output = run(
        "radiomics", saved, "--out", tmp_path / "f.csv", "--set", "families=[glcm]", "--set",
        "bin_number=8",
    )  # fmt: skip
    assert output.strip() == f"{tmp_path / 'f.csv'}: 20 cases, 25 features"
    lines = (tmp_path / "f.csv").read_text().splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("case_id,patient_id,label,undefined,glcm_")
    assert json.loads((tmp_path / "f.json").read_text())["settings"]["bin_number"] == 8


def test_radiomics_of_the_other_profile(saved, tmp_path):
    run(
        "radiomics", saved, "--out", tmp_path / "f.csv", "--profile", "pyradiomics", "--of", "image"
    )
    header = (tmp_path / "f.csv").read_text().splitlines()[0].split(",")
    assert {"original_firstorder_Entropy", "original_gldm_DependenceEntropy"} <= set(header)


def test_a_misspelt_setting_of_radiomics_is_told(saved, tmp_path):
    with pytest.raises(BadInputError, match='unknown key "bin_numbr"; did you mean "bin_number"'):
        run("radiomics", saved, "--out", tmp_path / "f.csv", "--set", "bin_numbr=8")
    assert not (tmp_path / "f.csv").exists()
