"""Films and inversions on disk: strips, moving pictures, and the folder of an inversion."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from tests.data import blobs

SMALL = {"training.steps": 2, "training.batch_size": 8, "image_size": 16,
         "game.generator.options.width": 4, "game.discriminator.options.width": 4}  # fmt: skip


@pytest.fixture(scope="module")
def styled(tmp_path_factory):
    return workflow.train("style", blobs(12), tmp_path_factory.mktemp("run") / "r", **SMALL)


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    return workflow.train("cgan", blobs(12), tmp_path_factory.mktemp("run") / "r", **SMALL)


def test_a_strip_has_a_row_for_each_walk(styled, tmp_path):
    path = workflow.film(styled, tmp_path / "film.png", rows=3)
    width, height = Image.open(path).size
    assert (width, height) == (9 * (64 + 2) - 2, 3 * (64 + 2) - 2)


def test_a_moving_picture_goes_there_and_back(styled, tmp_path):
    path = workflow.film(styled, tmp_path / "film.gif", kind="truncation", rows=2)
    film = Image.open(path)
    assert film.n_frames == 9 + 7
    film.seek(1)
    second = np.asarray(film.convert("RGB"))
    film.seek(15)
    assert np.array_equal(second, np.asarray(film.convert("RGB")))


def test_a_class_sweep_has_a_column_for_each_class(conditional, tmp_path):
    path = workflow.film(conditional, tmp_path / "film.png", kind="classes", rows=2)
    assert Image.open(path).size == (2 * (64 + 2) - 2, 2 * (64 + 2) - 2)


def test_a_film_is_png_or_gif(styled, tmp_path):
    with pytest.raises(BadInputError, match=r"is a \.png strip or a moving \.gif"):
        workflow.film(styled, tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_an_inversion_is_a_folder_with_picture_errors_and_latents(styled, tmp_path):
    cohort = blobs(3, seed=1)
    found = workflow.invert(styled, cohort, tmp_path / "out", steps=3)
    assert found.encoded
    errors = pd.read_csv(tmp_path / "out" / "inversion.csv")
    assert list(errors["case_id"]) == list(cohort.table["case_id"])
    np.testing.assert_allclose(errors["error"], found.errors)
    latents = pd.read_csv(tmp_path / "out" / "latents.csv", index_col="case_id")
    np.testing.assert_allclose(latents.to_numpy(), found.latents, rtol=1e-5)
    assert Image.open(tmp_path / "out" / "inversion.png").size == (3 * 66 - 2, 2 * 66 - 2)


def test_a_conditional_run_needs_the_class_of_what_it_inverts(conditional, tmp_path):
    found = workflow.invert(conditional, blobs(3, seed=1), tmp_path / "out", steps=1)
    assert not found.encoded
    nameless = Cohort.from_arrays(np.zeros((2, 1, 16, 16), np.uint8))
    with pytest.raises(BadInputError, match="label"):
        workflow.invert(conditional, nameless, tmp_path / "other")
    strange = blobs(3, classes=3, seed=1).with_column("label", ["clas_1"] * 3)
    with pytest.raises(BadInputError, match='unknown class "clas_1"; did you mean "class_1"'):
        workflow.invert(conditional, strange, tmp_path / "other")
    assert not (tmp_path / "other").exists()
