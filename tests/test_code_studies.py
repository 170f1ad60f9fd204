"""Studies of codes and of shaken records: parts against what they must give, and whole runs."""

import json

import numpy as np
import pytest

from cancergan import workflow
from cancergan.core.seeds import numpy_generator
from cancergan.studies.attribute_balance import equal_rows
from cancergan.studies.layer_perturbation import _correlation, _laplace

TINY = {"image_size": 16, "training.steps": 2, "training.batch_size": 8, "example.size": 48,
        "study.probe_steps": 2}  # fmt: skip


def test_laplace_noise_goes_as_far_as_it_is_told():
    random = numpy_generator(0, "rows")
    rows = random.uniform(-1, 1, (200, 5)).astype(np.float32)
    like = np.clip(rows + random.normal(0, 0.3, rows.shape), -1, 1).astype(np.float32)
    moved = _laplace(rows, like, seed=0)
    assert np.abs(moved).max() <= 1
    assert np.square(moved - rows).mean() == pytest.approx(np.square(like - rows).mean(), rel=1e-3)
    np.testing.assert_allclose(_laplace(rows, rows, seed=0), rows, atol=1e-6)


def test_correlation_is_the_mean_over_columns_that_vary():
    random = numpy_generator(0, "columns")
    rows = random.normal(size=(300, 3))
    other = np.stack([rows[:, 0], -rows[:, 1], np.zeros(300)], axis=1)
    pairs = np.stack([other, rows], axis=2)
    assert _correlation(pairs) == pytest.approx(0.0)  # 1 and -1; the third does not vary
    assert _correlation(pairs[:, :1]) == pytest.approx(1.0)


def test_shaken_records_are_compared_with_laplace_noise(tmp_path):
    small = {"training.steps": 40, "example.cases": 80, "study.steps": 20, "study.noises": [0, 40]}
    evidence = workflow.run_study("R27", None, tmp_path, seeds=1, **small)
    figures = {(f.method, f.estimate.name): f.estimate.value for f in evidence.figures}
    assert figures["layers x 40", "linked"] <= figures["layers x 0", "linked"]
    assert abs(figures["layers x 40", "correlation"]) < figures["layers x 0", "correlation"]
    assert ("Laplace, as far as layers x 40", "auc") in figures
    assert ("real records", "auc") in figures
    assert any("no guarantee" in note or "Nothing here is a guarantee" in note
               for note in evidence.notes)  # fmt: skip
    assert (tmp_path / "by_noise.png").is_file()


def test_hiding_the_patient_is_shown_over_its_weight(tmp_path):
    small = {**TINY, "study.weights": [0.0, 2.0], "example.cases": 40}
    evidence = workflow.run_study("R29", None, tmp_path, seeds=1, **small)
    figures = {(f.method, f.estimate.name) for f in evidence.figures}
    for method in ("unprotected", "hiding x 0", "hiding x 2"):
        assert {(method, "dice"), (method, "reidentification"), (method, "matching")} <= figures
    assert ("true outlines alone", "reidentification") in figures
    assert json.loads((tmp_path / "evidence.json").read_text())["id"] == "R29"
    assert (tmp_path / "trade_off.png").is_file()


def test_hiding_an_attribute_is_shown_with_its_gaps(tmp_path):
    small = {**TINY, "study.weights": [0.0, 1.0], "example.cases": 60,
             "study.classifier_steps": 2,
             "study.generator_settings": {"training.steps": 1, "training.batch_size": 4},
             }  # fmt: skip
    evidence = workflow.run_study("R23", None, tmp_path, seeds=1, **small)
    figures = {(f.method, f.estimate.name) for f in evidence.figures}
    assert ("hiding x 1", "equalised_odds_difference") in figures
    assert ("hiding x 0", "auc of sex") in figures
    for method in ("classifier", "cells drawn equally", "attribute-balanced synthesis"):
        assert (method, "demographic_parity_difference") in figures
    assert (tmp_path / "synthetic_by_cell.png").is_file()


def test_cells_are_drawn_until_they_are_equal_and_nobody_is_left_out():
    cells = np.array(["a"] * 5 + ["b"] * 2 + ["c"])
    rows = equal_rows(cells, seed=0)
    assert sorted(np.unique(cells[rows], return_counts=True)[1]) == [5, 5, 5]
    assert set(rows) == set(range(8))
