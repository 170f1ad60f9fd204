"""A run that learnt healthy cases scores others: files, figures, and one line where it cannot."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from cancergan import workflow
from cancergan.anomaly_detection import Search, anomalies_of, nearest_healthy, prepared_images
from cancergan.anomaly_detection.healthy import completed
from cancergan.cli.main import app
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.games.base import ImageShape
from cancergan.games.infilling import Infilling, InfillingSettings
from tests.data import blobs, with_sources

SMALL = {
    "image_size": 16,
    "training.steps": 4,
    "training.batch_size": 4,
    "game.generator_rounds": 2,
    "game.latent_size": 4,
    "game.generator.options.width": 4,
    "game.discriminator.options.width": 4,
    "game.encoder.options.width": 4,
    "data.image.where": "label == 'class_0'",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return workflow.train("f_anogan", blobs(16), tmp_path_factory.mktemp("run") / "run", **SMALL)


def with_some_masks_empty(cohort):
    masks = [case.mask * (case.attributes["label"] != "class_0") for case in cohort]
    return Cohort.from_arrays([case.image for case in cohort], cohort.table, masks=masks)


def test_only_healthy_cases_are_learnt_from(run):
    assert run.trained_on.cases == 8
    assert run.game().generator_is_fixed


def test_validation_cases_do_not_choose_a_checkpoint_from_before_the_encoder_learnt(tmp_path):
    held_out = {"validation": blobs(16, seed=9), **SMALL, "training.checkpoint_every": 1}
    run = workflow.train("f_anogan", blobs(16), tmp_path / "run", **held_out)
    assert run.step == 4


def test_every_tile_is_filled_from_what_is_around_it():
    """A game that fills holes with the mean of what it sees cannot see the tile it fills."""
    shape = ImageShape(1, (8, 8), given={"source": ImageShape(1, (8, 8))})
    game = Infilling.build(InfillingSettings(holes="random", adversarial_weight=0.0), shape)
    seen = []

    def fill(source, noise):
        seen.append(source[:, :1].clone())
        return torch.full_like(source[:, :1], 0.5)

    game.players["generator"].network.forward = fill
    image = torch.rand(2, 1, 8, 8).numpy() + 0.1
    assert completed(game, image) == pytest.approx(0.5)
    hidden = torch.stack([part == 0 for part in seen])
    assert len(seen) == 16
    assert (hidden.sum(dim=0) == 1).all()


def test_an_image_of_the_generator_scores_near_zero_after_a_search(run):
    made = prepared_images(run, workflow.synthesise(run, 2))
    found, _ = anomalies_of(run, made, Search(steps=300, encode=False, kappa=0.0))
    others, _ = anomalies_of(run, -made, Search(steps=300, encode=False, kappa=0.0))
    assert found.scores.max() < 0.05 * others.scores.min()


def test_scores_do_not_depend_on_the_other_cases(run):
    images = prepared_images(run, blobs(8, seed=1))
    together, _ = anomalies_of(run, images, Search())
    alone, _ = anomalies_of(run, images[3:4], Search())
    assert together.scores[3] == pytest.approx(alone.scores[0], rel=1e-4)


def test_anomaly_writes_scores_maps_and_figures(run, tmp_path):
    test, held_out = (with_some_masks_empty(blobs(12, seed=seed)) for seed in (1, 2))
    test.save(tmp_path / "test")
    held_out.save(tmp_path / "validation")
    given = ["--cohort", tmp_path / "test", "--validation", tmp_path / "validation"]
    asked = ["--normal", "lesion_pixels == 0", "--out", tmp_path / "out"]
    result = CliRunner().invoke(app, list(map(str, ["anomaly", run.path, *given, *asked])))
    assert result.exit_code == 0, result.output
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert scores["abnormal"].tolist() == (test.table["label"] != "class_0").tolist()
    assert Cohort.open(tmp_path / "out" / "maps")[0].image.shape == (1, 16, 16)
    record = json.loads((tmp_path / "out" / "anomaly.json").read_text())
    assert set(record["figures"]) == {
        "auc", "average_precision", "pixel_auc", "pixel_average_precision", "dice"
    }  # fmt: skip
    assert (tmp_path / "out" / "maps.png").is_file()


def test_a_single_class_is_refused_and_nothing_written(run, tmp_path):
    one = blobs(8, seed=3)
    with pytest.raises(BadInputError, match="all 8 cases are abnormal"):
        workflow.anomaly(run, one, tmp_path / "out", normal="label == 'healthy'")
    assert not (tmp_path / "out").exists()


def test_without_the_truth_there_are_scores_alone(run, tmp_path):
    assert workflow.anomaly(run, blobs(4, seed=4), tmp_path / "out").figures == {}


def test_a_test_on_the_patients_it_learnt_from_is_refused(run, tmp_path):
    with pytest.raises(BadInputError, match="was trained on 4 patients"):
        workflow.anomaly(run, blobs(16), tmp_path / "out", normal="label == 'class_0'")


def test_a_run_that_starts_from_another_kind_of_image_is_refused(tmp_path):
    small = {"image_size": 16, "training.steps": 1, "game.generator.options.width": 4}
    settings = {**small, "data.source.channels": [0, 1], "data.image.channels": [0]}
    pairs = with_sources(blobs(8, channels=2))
    run = workflow.train("pix2pix", pairs, tmp_path / "run", **settings)
    with pytest.raises(BadInputError, match="makes nothing to compare an image with"):
        nearest_healthy(run, np.zeros((1, 1, 16, 16), np.float32), Search())
