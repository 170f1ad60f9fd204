"""A split deployment from a trained run to masks at the hospital, and everything it refuses."""

import json
import shutil

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from cancergan import workflow
from cancergan.cli.main import app
from cancergan.cohort import Cohort
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.split_deployment import CONTRACT_VERSION, Contract, Hospital, Outside
from cancergan.split_deployment.contract import read_parcel, write_parcel
from cancergan.training.synthesis import synthesise
from tests.data import blobs

SMALL = {
    "image_size": 16, "training.steps": 6, "training.batch_size": 8,
    "game.encoder": {"name": "unet", "options": {"width": 2, "depth": 1}},
    "game.task": {"name": "unet", "options": {"width": 4, "depth": 1}},
}  # fmt: skip


def patients(seed):
    """Return 24 cases of 4 patients, each a blob of its own corner: easy to tell apart."""
    cohort = blobs(24, classes=4, seed=seed)
    table = cohort.table
    table["patient_id"] = [f"Doe{seed}_{label}" for label in table["label"]]
    masks = [case.mask for case in cohort]
    return Cohort.from_arrays([case.image for case in cohort], table, masks=masks)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A tiny run, and its two halves."""
    folder = tmp_path_factory.mktemp("split")
    run = workflow.train("R29", patients(0), folder / "run", **SMALL, **{"game.code_noise": 0.0})
    workflow.export_split(run, patients(1), folder / "split", most_reidentified=1, probe_steps=60)
    return run, folder / "split"


def test_masks_come_back_to_the_cases_they_belong_to(made, tmp_path):
    """Without noise the two halves, each in a folder of its own, do what the whole run does."""
    run, split = made
    cohort = patients(2)
    cohort.save(tmp_path / "cohort")
    outside = tmp_path / "elsewhere"
    shutil.copytree(split / "outside", outside)
    batch = tmp_path / "batch"
    steps = [
        ["encode", split / "hospital", "--cohort", tmp_path / "cohort", "--out", batch],
        ["segment", outside, "--codes", batch / "codes.safetensors", "--out",
         tmp_path / "masks.safetensors"],
        ["return", split / "hospital", "--masks", tmp_path / "masks.safetensors", "--kept",
         batch / "kept.json", "--cohort", tmp_path / "cohort", "--out", tmp_path / "back"],
    ]  # fmt: skip
    for step in steps:
        result = CliRunner().invoke(app, ["split", *map(str, step)])
        assert result.exit_code == 0, result.exception
    back = Cohort.open(tmp_path / "back")
    whole = synthesise(run, source=cohort)
    assert list(back.table["case_id"]) == list(cohort.table["case_id"])
    assert list(back.table["patient_id"]) == list(cohort.table["patient_id"])
    for case, expected in zip(back, whole, strict=True):
        np.testing.assert_array_equal(case.mask, expected.mask)
        np.testing.assert_allclose(case.image, expected.image, atol=1e-3)


def test_what_is_sent_names_nobody_and_is_in_another_order_each_time(made, tmp_path):
    _, split = made
    hospital = Hospital.open(split / "hospital")
    cohort = patients(2)
    kept = []
    for name in ("one", "two"):
        hospital.encode(cohort, tmp_path / name)
        sent = (tmp_path / name / "codes.safetensors").read_bytes()
        assert not any(str(case).encode() in sent for case in cohort.table["case_id"])
        assert b"Doe" not in sent
        kept.append(json.loads((tmp_path / name / "kept.json").read_text())["case_ids"])
    assert sorted(kept[0]) == sorted(kept[1]) == sorted(cohort.table["case_id"])
    assert kept[0] != kept[1]
    for file in (split / "outside").iterdir():
        assert b"Doe" not in file.read_bytes()
    assert not (split / "outside" / "encoder.safetensors").exists()
    assert not (split / "hospital" / "task.safetensors").exists()


def test_codes_are_those_of_the_encoder_and_noise_is_drawn_anew(made, tmp_path):
    run, split = made
    hospital = Hospital.open(split / "hospital")
    cohort = patients(2)
    hospital.encode(cohort, tmp_path / "batch")
    tensors, contract, _ = read_parcel(tmp_path / "batch" / "codes.safetensors")
    names = json.loads((tmp_path / "batch" / "kept.json").read_text())["case_ids"]
    column = run.trained_on.columns["source"]
    pictures = prepare(column.of(cohort), column.preparation).images
    with torch.no_grad():
        codes = run.game().code(torch.from_numpy(pictures), torch.Generator(), best=True)
    rows = [list(cohort.table["case_id"]).index(name) for name in names]
    assert torch.allclose(tensors["codes"], codes[rows], atol=1e-6)
    assert contract.code_shape == (2, 8, 8)


def test_nothing_is_exported_where_codes_say_too_much(made, tmp_path):
    run, _ = made
    arguments = ["split", "export", str(run.path), "--out", str(tmp_path / "split"),
                 "--probe-steps", "60", "--most-reidentified", "0.3"]  # fmt: skip
    patients(1).save(tmp_path / "unseen")
    result = CliRunner().invoke(app, [*arguments, "--cohort", str(tmp_path / "unseen")])
    assert isinstance(result.exception, BadInputError)
    assert "not exported. The codes say too much" in str(result.exception)
    assert not (tmp_path / "split").exists()
    with pytest.raises(BadInputError, match="was trained on"):
        workflow.export_split(run, patients(0), tmp_path / "split", most_reidentified=1)


def test_a_probe_that_does_not_see_lets_nothing_pass(made, tmp_path):
    """Patients who cannot be told apart in the pictures: a low share would prove nothing."""
    run, _ = made
    cohort = blobs(24, classes=1, seed=3)
    table = cohort.table
    table["patient_id"] = [f"p{row % 4}" for row in range(24)]
    same = Cohort.from_arrays([case.image for case in cohort], table)
    with pytest.raises(BadInputError, match="cannot tell whose the pictures are either"):
        workflow.export_split(run, same, tmp_path / "s", most_reidentified=1, probe_steps=5)
    assert not (tmp_path / "s").exists()


@pytest.fixture
def sent(made, tmp_path):
    """A batch of codes, the outside end, and where masks shall go."""
    _, split = made
    Hospital.open(split / "hospital").encode(patients(2), tmp_path / "batch")
    return tmp_path / "batch" / "codes.safetensors", Outside.open(split / "outside")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"contract_version": 2}, f"of version 2; .* speaks version {CONTRACT_VERSION}"),
        ({"encoder": "0123456789abcdef"}, "made with encoder 0123456789abcdef"),
        ({"map_size": (32, 32)}, r"map_size is \(32, 32\), agreed was \(16, 16\)"),
    ],
)  # fmt: skip
def test_codes_under_another_contract_are_refused(sent, tmp_path, change, said):
    path, outside = sent
    tensors, contract, header = read_parcel(path)
    write_parcel(path, tensors, contract.model_copy(update=change), **header)
    with pytest.raises(BadInputError, match=said):
        outside.segment(path, tmp_path / "masks.safetensors")
    assert not (tmp_path / "masks.safetensors").exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda codes: codes[:, :1], "agreed were"),
        (lambda codes: codes.double(), "float64"),
        (lambda codes: codes * 0 + 1.5, "outside the agreed range"),
        (lambda codes: codes / 0, "outside the agreed range"),
    ],
)
def test_codes_of_another_shape_or_range_are_refused(sent, tmp_path, spoil, said):
    path, outside = sent
    tensors, contract, header = read_parcel(path)
    write_parcel(path, {"codes": spoil(tensors["codes"])}, contract, **header)
    with pytest.raises(BadInputError, match=said):
        outside.segment(path, tmp_path / "masks.safetensors")


def test_masks_of_another_batch_or_with_unknown_labels_are_refused(made, sent, tmp_path):
    _, split = made
    path, outside = sent
    outside.segment(path, tmp_path / "masks.safetensors")
    hospital = Hospital.open(split / "hospital")
    hospital.encode(patients(2), tmp_path / "later")
    with pytest.raises(BadInputError, match="another batch"):
        hospital.put_back(
            tmp_path / "masks.safetensors", tmp_path / "later" / "kept.json", patients(2)
        )
    tensors, contract, header = read_parcel(tmp_path / "masks.safetensors")
    write_parcel(tmp_path / "bad.safetensors", {"masks": tensors["masks"] * 0 + 7}, contract,
                 **header)  # fmt: skip
    with pytest.raises(BadInputError, match="label 7"):
        hospital.put_back(tmp_path / "bad.safetensors", path.parent / "kept.json", patients(2))
    with pytest.raises(BadInputError, match="whose mask came back"):
        hospital.put_back(tmp_path / "masks.safetensors", path.parent / "kept.json", patients(4))


def test_an_encoder_that_was_changed_is_not_that_of_its_contract(made, tmp_path):
    _, split = made
    folder = tmp_path / "hospital"
    shutil.copytree(split / "hospital", folder)
    weights, contract, _ = read_parcel(folder / "encoder.safetensors")
    changed = {name: tensor + 0.1 for name, tensor in weights.items()}
    write_parcel(folder / "encoder.safetensors", changed, contract)
    with pytest.raises(BadInputError, match="is not encoder"):
        Hospital.open(folder)
    with pytest.raises(BadInputError, match="is not the outside half"):
        Outside.open(folder)


def test_a_contract_says_what_is_wrong_with_it(tmp_path):
    path = tmp_path / "contract.json"
    path.write_text('{"contract_version": 1, "encoder": "x", "code_shpe": [1, 2]}')
    with pytest.raises(BadInputError, match="code_shape"):
        Contract.read(path)
