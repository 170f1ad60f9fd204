import json

import numpy as np
import pytest
from typer.testing import CliRunner

from cancergan.cli.cohort import app
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.cohort.curation.test_description import faulty
from tests.cohort.curation.test_turned import spots, turned_by
from tests.data import blobs, shared


def run(*arguments, code=0):
    """Return what the command prints; what it raises is raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture
def saved(tmp_path):
    faulty().save(tmp_path / "cohort")
    return tmp_path / "cohort"


def test_describe_prints_what_to_act_on_and_writes_the_page(saved, tmp_path):
    text = run("describe", saved, "--out", tmp_path / "report")
    assert "What to act on" in text
    assert "under two labels" in text
    assert "Cases by sex" in text
    assert (tmp_path / "report/description.html").is_file()
    described = json.loads(run("describe", saved, "--json"))
    assert described == json.loads((tmp_path / "report/describe.json").read_text())


def test_a_quick_description_has_no_checks(saved):
    assert "remarks" not in json.loads(run("describe", saved, "--quick", "--json"))
    assert "What to act on" not in run("describe", saved, "--quick")
    with pytest.raises(BadInputError, match="--quick has nothing to draw"):
        run("describe", saved, "--quick", "--out", "x")


def test_curate_writes_what_the_steps_make(tmp_path):
    blobs(3, shape=(20, 30)).save(tmp_path / "c")
    (tmp_path / "steps.yaml").write_text("- crop: {to: mask, margin: 1}\n")
    text = run("curate", tmp_path / "c", "--out", tmp_path / "d",
               "--steps", tmp_path / "steps.yaml", "--step", "resample:spacing=2")  # fmt: skip
    assert "3 cases after crop, resample" in text
    opened = Cohort.open(tmp_path / "d")
    assert [step["step"] for step in opened.provenance["curation"]] == ["crop", "resample"]
    assert opened[0].spacing == (2.0, 2.0)


def test_curate_without_a_step_or_with_a_wrong_one_writes_nothing(tmp_path):
    blobs(2).save(tmp_path / "c")
    with pytest.raises(BadInputError, match="no step given"):
        run("curate", tmp_path / "c", "--out", tmp_path / "d")
    with pytest.raises(BadInputError, match="no known direction"):
        run("curate", tmp_path / "c", "--out", tmp_path / "d", "--step", "orient")
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_steps_are_listed_with_their_settings():
    text = run("steps")
    assert "resample" in text
    assert "[spacing]" in text


def test_duplicates_are_listed(saved):
    text = run("duplicates", saved)
    assert "exact 1.000  case_00000 = case_00004  labels differ: x, y" in text
    assert "1 pairs in 6 cases" in text
    assert json.loads(run("duplicates", saved, "--json"))[0]["labels"] == ["x", "y"]


def test_copies_turned_by_any_angle_are_listed_where_asked_for(tmp_path):
    pictures = [spots(0), spots(1)]
    held = np.stack([*pictures, turned_by(pictures[0], 20)])[:, None]
    Cohort.from_arrays(held).save(tmp_path / "c")
    assert "0 pairs in 3 cases" in run("duplicates", tmp_path / "c")
    text = run("duplicates", tmp_path / "c", "--turned")
    assert "case_00000 = case_00002  turned by 20 degrees" in text
    assert "1 pairs in 3 cases" in text


def test_leakage_has_an_exit_code(tmp_path):
    cohort = faulty()
    cohort.select(np.arange(6) < 2).save(tmp_path / "train")
    cohort.select(np.arange(6) >= 4).save(tmp_path / "test")
    cohort.select(np.arange(6) == 3).save(tmp_path / "other")
    text = run("leakage", tmp_path / "train", tmp_path / "test", code=1)
    assert "1 exact copy" in text
    assert "no leakage found" in run("leakage", tmp_path / "train", tmp_path / "other")


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("dicom_ct_seg", "window:preset=ct_soft_tissue"),
        ("volumes_nrrd", "resample:spacing=2,2,6"),
        ("lgg_mri/TCGA_CS_5397_20010315.npz", "crop:to=brain"),
    ],
)
def test_real_volumes_and_slices_are_described_and_curated(name, step, tmp_path):
    path = shared(name)
    if path.suffix == ".npz":
        with np.load(path) as held:
            images, masks = held["image"].transpose(0, 3, 1, 2), held["mask"].astype(np.uint8)
        Cohort.from_arrays(images, masks=masks).save(tmp_path / "slices")
        path = tmp_path / "slices"
    run("curate", path, "--out", tmp_path / "curated", "--step", step)
    before, after = Cohort.open(path), Cohort.open(tmp_path / "curated")
    assert len(after) == len(before)
    described = json.loads(run("describe", tmp_path / "curated", "--json"))
    assert described["cases"] == len(after)
    if "window" in step:
        assert after[0].image.min() >= -160
        assert after[0].image.max() <= 240
