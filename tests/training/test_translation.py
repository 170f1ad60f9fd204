"""Runs that translate, through the public verbs: paired, apart, from coarse, and part by part."""

import numpy as np
import pandas as pd
import pytest

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.training.run import Run
from tests.data import blobs
from tests.training.test_trainer import assert_bit_equal, weights

SMALL = {
    "image_size": 16,
    "training.steps": 4,
    "training.batch_size": 2,
    "training.checkpoint_every": 2,
    "game.generator.options.width": 4,
    "game.discriminator.options.width": 4,
}


def pairs(n=8, shape=(16, 16), seed=0):
    """Two channels: a blob, and the same in negative; masks as in ``blobs``."""
    cohort = blobs(n, shape=shape, seed=seed)
    images = np.stack([np.concatenate([c.image, 255 - c.image]) for c in cohort])
    masks = np.stack([case.mask for case in cohort])
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    return Cohort.from_arrays(
        images.astype(np.uint8),
        cohort.table,
        masks=masks,
        affine=affine if len(shape) == 3 else None,
    )


CHANNELS = {"data.source": {"channels": [0]}, "data.image": {"channels": [1]}}


def test_a_paired_run_learns_the_negative(tmp_path):
    longer = {"training.steps": 150, "training.average_half_life": 20}
    alone = {"game.adversarial_weight": 0.0, "game.generator_optimiser.learning_rate": 2e-3}
    chosen = {**SMALL, **CHANNELS, **longer, **alone}
    run = workflow.train("pix2pix", pairs(24), tmp_path / "run", **chosen)
    test = pairs(6, seed=1)
    made = workflow.synthesise(run, source=test)
    error = np.mean(
        [np.abs(a.image[0] - b.image[1]).mean() for a, b in zip(made, test, strict=True)]
    )
    copied = np.mean([np.abs(case.image[0] - case.image[1]).mean() for case in test])
    assert error < copied / 4
    assert made.table["source_case_id"].tolist() == test.table["case_id"].tolist()
    assert made.table["patient_id"].tolist() == test.table["patient_id"].tolist()
    assert np.array_equal(made[2].mask, test[2].mask)
    assert made.provenance["source_cohort"] == test.fingerprint
    assert (run.samples / "source.png").is_file()


@pytest.mark.parametrize("recipe", ["pix2pix", "srgan", "cyclegan"])
def test_a_resumed_run_ends_bit_equal(tmp_path, recipe):
    extra = CHANNELS if recipe != "srgan" else {"game.content_rounds": 1}
    whole = workflow.train(recipe, pairs(), tmp_path / "whole", **{**SMALL, **extra})
    halved = {**SMALL, **extra, "training.steps": 2}
    workflow.train(recipe, pairs(), tmp_path / "parts", **halved)
    parts = workflow.train(recipe, pairs(), tmp_path / "parts", resume=True, **{**SMALL, **extra})
    assert_bit_equal(weights(whole), weights(parts))


def test_kinds_drawn_apart_may_differ_in_number(tmp_path):
    cohort = pairs(14).select([True] * 5 + [False] * 2 + [True] * 7)
    cohort = cohort.with_column("centre", ["A"] * 5 + ["B"] * 7)
    where = {"data.source": {"where": "centre == 'A'"}, "data.image": {"where": "centre == 'B'"}}
    run = workflow.train("cyclegan", cohort, tmp_path / "run", **{**SMALL, **where})
    assert run.trained_on.cases == 7
    assert len(run.trained_on.patients) == cohort.table["patient_id"].nunique()
    assert len(workflow.synthesise(run, source=cohort)) == 5  # those of centre A
    assert len(workflow.synthesise(run, source=pairs(3, seed=1))) == 3  # no centres: all of them


def test_masks_become_images_as_many_as_asked_for(tmp_path):
    run = workflow.train("spade", blobs(8), tmp_path / "run", **SMALL)
    made = workflow.synthesise(run, 11, tmp_path / "made", source=blobs(4, seed=1))
    assert len(made) == 11
    assert np.array_equal(made[0].mask, made[4].mask)
    assert not np.array_equal(made[0].image, made[4].image)  # another style for the same mask
    assert Cohort.open(tmp_path / "made").fingerprint == made.fingerprint


def test_super_resolution_starts_from_coarse_images_of_any_origin(tmp_path):
    run = workflow.train("srgan", blobs(8), tmp_path / "run", **SMALL)
    fine = blobs(2, seed=1)
    coarse = Cohort.from_arrays(
        np.stack([c.image.reshape(1, 4, 4, 4, 4).mean((2, 4)) for c in fine]), spacing=(4.0, 4.0)
    )
    for source in (fine, coarse):
        made = workflow.synthesise(run, source=source)
        assert made[0].image.shape == (1, 16, 16)
        assert made[0].spacing == pytest.approx((1.0, 1.0))


def test_a_volume_larger_than_the_game_is_translated_part_by_part(tmp_path):
    parts = {**SMALL, **CHANNELS, "image_size": None, "patch_size": 8}
    volumes = pairs(4, shape=(16, 12, 20))
    run = workflow.train("pix2pix", volumes, tmp_path / "run", **parts)
    assert run.trained_on.shape.spatial == (8, 8, 8)
    made = workflow.synthesise(Run.open(run.path), source=volumes)
    assert made[0].image.shape == (1, 16, 12, 20)
    assert np.allclose(made[0].affine, volumes[0].affine)


def test_validation_cases_judge_translations(tmp_path):
    run = workflow.train(
        "pix2pix", pairs(), tmp_path / "run", validation=pairs(4, seed=1), **{**SMALL, **CHANNELS}
    )
    judged = [record for record in run.metrics() if "validation/kernel_distance" in record]
    assert [record["step"] for record in judged] == [2, 4]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {},
            r'the cases have no array "source" .*--set data\.source\.read=image',
        ),
        ({"data.sauce.read": "image"}, 'unknown column in data .* "sauce"; did you mean "source"'),
        ({"data.source.reduce": 3, "data.source.read": "image"}, "does not divide the image size"),
        ({**CHANNELS, "patch_size": 40}, "does not fit images of 16 x 16"),
        ({"data.source.chanels": [0]}, "unknown key"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, settings, message):
    with pytest.raises(BadInputError, match=message):
        workflow.train("pix2pix", pairs(), tmp_path / "run", **{**SMALL, **settings})
    assert not (tmp_path / "run").exists()


def test_a_source_is_needed_where_the_run_translates_and_only_there(tmp_path):
    translating = workflow.train("pix2pix", pairs(), tmp_path / "a", **{**SMALL, **CHANNELS})
    with pytest.raises(BadInputError, match="--source"):
        workflow.synthesise(translating, 3)
    drawing = workflow.train("dcgan", blobs(8), tmp_path / "b", **SMALL)
    with pytest.raises(BadInputError, match="starts from noise"):
        workflow.synthesise(drawing, 3, source=pairs())
    with pytest.raises(BadInputError, match="cases is missing"):
        workflow.synthesise(drawing)


def test_patients_of_both_kinds_are_remembered(tmp_path):
    table = pd.DataFrame({"patient_id": list("abcdefgh"), "centre": list("AAAABBBB")})
    cohort = Cohort.from_arrays(np.random.default_rng(0).integers(0, 255, (8, 1, 16, 16)), table)
    where = {"data.source": {"where": "centre == 'A'"}, "data.image": {"where": "centre == 'B'"}}
    run = workflow.train("cyclegan", cohort, tmp_path / "run", **{**SMALL, **where})
    assert len(run.trained_on.patients) == 8
