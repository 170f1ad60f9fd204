"""Neighbours by a run: files, patients, and one line where a run cannot look."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cancergan import workflow
from cancergan.anomaly_detection import prepared_images
from cancergan.cli.main import app
from cancergan.core.errors import BadInputError
from cancergan.similarity_search import features_of
from tests.data import blobs

SMALL = {
    "image_size": 16,
    "training.steps": 2,
    "training.batch_size": 4,
    "game.generator.options.width": 4,
    "game.discriminator.options.width": 4,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "run"
    return workflow.train("vae_gan", blobs(12), folder, **SMALL)


def test_neighbours_are_written_and_exclude_the_own_patient(run, tmp_path):
    known = blobs(12, seed=5)
    known.save(tmp_path / "known")
    paths = ["--query", tmp_path / "known", "--cohort", tmp_path / "known"]
    asked = [*paths, "--out", tmp_path / "out", "--k", 3]
    result = CliRunner().invoke(app, list(map(str, ["neighbours", run.path, *asked])))
    assert result.exit_code == 0, result.output
    found = pd.read_csv(tmp_path / "out" / "neighbours.csv")
    patients = known.table.set_index("case_id")["patient_id"]
    own, other = (found[name].map(patients) for name in ("query", "case_id"))
    assert len(found) == 36
    assert (own != other).all()
    assert (tmp_path / "out" / "neighbours.png").is_file()


def test_both_spaces_see_each_image_by_itself(run):
    images = prepared_images(run, blobs(6, seed=6))
    for space in ("latent", "discriminator"):
        together, alone = features_of(run, images, space), features_of(run, images[2:3], space)
        assert np.allclose(together[2], alone[0], atol=1e-5)


def test_a_run_without_encoder_says_so(tmp_path):
    plain = workflow.train("lsgan", blobs(8), tmp_path / "run", **SMALL)
    with pytest.raises(BadInputError, match="has no encoder"):
        features_of(plain, np.zeros((1, 1, 16, 16), np.float32), "latent")
    assert features_of(plain, np.zeros((1, 1, 16, 16), np.float32), "discriminator").shape[0] == 1


def test_an_unknown_space_is_answered_with_the_known(run):
    with pytest.raises(BadInputError, match="latent"):
        features_of(run, np.zeros((1, 1, 16, 16), np.float32), "latnet")
