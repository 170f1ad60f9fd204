import json
import subprocess
import sys

import numpy as np
import pydicom
import pytest
from typer.testing import CliRunner

from cancergan.cli.cohort import app
from cancergan.cohort import Cohort, check_disjoint
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_series, write_slice
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


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_import_of_a_hospital_folder_prints_and_keeps_its_account(tmp_path):
    write_series(tmp_path / "in/ct", 3)
    write_series(tmp_path / "in/mr", 2, Modality="MR", SeriesInstanceUID="1.9", PatientID="P2")
    write_slice(tmp_path / "in/plan.dcm", np.zeros((2, 2), np.uint16), Modality="RTPLAN")
    with pytest.raises(BadInputError, match=r"CT \(1 cases\), MR \(1 cases\). Choose with --modal"):
        run("import", tmp_path / "in", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    text = run("import", tmp_path / "in", "--out", tmp_path / "out", "--modality", "CT")
    lines = [
        "taken: 3 CT image files",
        "taken: 2 MR image files",
        "left out: plan.dcm: RTPLAN object, not an image",
        "left out: 1 cases of MR: --modality CT",
    ]
    assert text.splitlines()[1:] == lines
    saved = Cohort.open(tmp_path / "out")
    assert saved.table["patient_id"].tolist() == ["P1"]
    assert saved.account.lines() == lines
    described = json.loads(run("describe", tmp_path / "out", "--json"))
    assert described["account"] == lines
    with pytest.raises(BadInputError, match=r'no case of modality "PT"\. There is CT'):
        run("describe", tmp_path / "out", "--modality", "PT")


def test_bad_dicom_ends_in_one_line_and_exit_code_2(tmp_path):
    write_slice(tmp_path / "a.dcm", np.zeros((200, 200), np.uint16))
    (tmp_path / "b.dcm").write_bytes((tmp_path / "a.dcm").read_bytes()[:5000])
    command = [sys.executable, "-m", "cancergan.cli.main", "cohort", "import", str(tmp_path)]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "b.dcm: cannot be read (it is cut off: 5,000 bytes for 80,000 of pixels)" in done.stderr
    assert not (tmp_path / "out").exists()


def bomb(folder):
    file = write_slice(folder / "a.dcm", np.zeros((2, 2), np.uint16), SamplesPerPixel=1)
    dataset = pydicom.dcmread(file)
    dataset.Rows = dataset.Columns = dataset.NumberOfFrames = 60_000
    dataset.save_as(file)


def link_out(folder):
    outside = write_slice(folder.parent / "outside.dcm", np.zeros((2, 2), np.uint16))
    (folder / "a.dcm").symlink_to(outside)


def doubles(folder):
    for n in range(2):
        write_slice(folder / f"{n}.dcm", np.full((2, 2), n, np.uint16), SOPInstanceUID="1.2.3")


def uneven(folder):
    for k, z in enumerate((0.0, 2.0, 4.5)):
        write_slice(folder / f"{k}.dcm", np.zeros((2, 2), np.uint16), position=(0.0, 0.0, z))


def climbing(folder):
    (folder / "t.csv").write_text("image\n../secret.png\n")


def absolute(folder):
    (folder / "t.csv").write_text("image\n/etc/secret.png\n")


def malformed(folder):
    (folder / "ä ö.nii").write_bytes(b"\x5c\x01\0\0" + b"\xff" * 344)


def empty(folder):
    (folder / "a.dcm").touch()


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (bomb, r"the limit of one image is 1,073,741,824"),
        (link_out, r"a\.dcm: is a link out of the folder"),
        (doubles, r"1\.dcm and .*0\.dcm: have one SOPInstanceUID and differ"),
        (uneven, r"slices lie between 2\.000 and 2\.500 mm apart"),
        (climbing, r"leaves the folder"),
        (absolute, r"leaves the folder"),
        (malformed, r"ä ö\.nii: cannot be read"),
        (empty, r"a\.dcm: is empty \(0 bytes\)"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(tmp_path, make, wrong):
    folder = tmp_path / "in"
    folder.mkdir()
    make(folder)
    with pytest.raises(BadInputError, match=wrong) as caught:
        run("import", folder, "--out", tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "out").exists()


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
