"""The study of tampering: its parts against what they must do, and a whole tiny run."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.cohort.edits import INJECTED, REMOVED
from cancergan.reader_study.settings import StudySettings
from cancergan.reader_study.study import create
from cancergan.studies.tampering_attack import applied, copied_edits, targets_in
from tests.data import blobs

TINY = {"image_size": None, "training.steps": 2, "training.batch_size": 4, "study.steps": 3,
        "study.crop": 16, "study.material": 6}  # fmt: skip


def test_copied_lesions_brighten_and_covered_ones_darken_and_all_else_stays():
    cohort = blobs(12, shape=(40, 40))
    targets = targets_in(cohort, 20, known=cohort, seed=0)
    for kind, sign in ((INJECTED, 1), (REMOVED, -1)):
        edits = copied_edits(targets, targets, kind, seed=0)
        before, after = targets.images(kind), applied(targets, edits)
        for old, new, edit in zip(before, after, edits, strict=True):
            assert np.array_equal(old[:, ~edit.where], new[:, ~edit.where])
            assert sign * (new[:, edit.where].mean() - old[:, edit.where].mean()) > 10
        assert np.array_equal(after, np.rint(after))  # as 8 bit holds them


def test_the_study_runs_and_its_material_makes_a_find_the_edit_study(tmp_path):
    cohort = blobs(40, shape=(40, 40))
    evidence = workflow.run_study("R31", cohort, tmp_path / "out", seeds=1, **TINY)
    assert {m.name for m in evidence.methods if m.baseline} == {
        "copied pixels", "untouched", "noise residual"
    }  # fmt: skip
    rates = [f for f in evidence.figures if f.estimate.name == "detected"]
    assert all(0 <= f.estimate.value <= 1 for f in rates)
    assert json.loads((tmp_path / "out/evidence.json").read_text())["id"] == "R31"

    folder = tmp_path / "out/find-the-edit"
    edited, untouched = (Cohort.open(folder / name) for name in ("edited", "untouched"))
    assert not set(edited.table["patient_id"]) & set(cohort.table["patient_id"])
    originals = [case.image for case in untouched]
    for case in edited:  # the patients of one side are not those of the other
        same = [np.mean(case.image == image) for image in originals]
        assert max(same) < 0.5
    settings = StudySettings(
        design="find-the-edit", readers=1, training=0, repeats=0, image_size=40
    )
    study = create(untouched, edited, tmp_path / "study", settings)
    assert study.masks is not None
    assert study.masks.any()


@pytest.mark.slow
def test_whole_crops_translated_without_pairs_are_edits_too(tmp_path):
    game = {
        "name": "unpaired_translation",
        "generator": {"name": "resnet", "options": {"width": 4, "blocks": 1}},
        "discriminator": {"name": "patch", "options": {"width": 4, "levels": 1}},
    }
    cohort = blobs(40, shape=(40, 40))
    evidence = workflow.run_study("R31", cohort, tmp_path / "o", seeds=1, **{**TINY, "game": game})
    assert evidence.figures
