"""Studies of segmentation, synthesis and reconstruction: oracles for parts, and whole runs."""

import json

import numpy as np
import pandas as pd
import pytest

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.recipes.loader import load_recipe
from cancergan.studies import classification, synthetic_masks, unpaired
from cancergan.studies.domain_adaptation import DomainAdaptationStudy, _recipe
from cancergan.studies.hallucination import _weights
from cancergan.studies.runner import study_of
from cancergan.studies.segmentation import ALONE, _with_annotations
from cancergan.studies.segmenting import chosen_threshold, measured, outcomes
from cancergan.training.synthesis import label_map, translated
from tests.data import blobs

TINY = {"image_size": 16, "training.steps": 2, "training.batch_size": 4}
MASKS = {"study.segmenter_steps": 2}
CASES = {"study.classifier_steps": 4}
EXTRA = {
    "R02": CASES,
    "R03": CASES,
    "R08": MASKS,
    "R13": {},
    "R18": {"image_size": 32, **CASES},
    "R19": {},
    "R20": {},
    "R22": {},
    "R33": {},
    "R34": {},
    "R35": {"game.after": 0},
    "R39": {},
    "R41": MASKS,
    "R42": {**MASKS, "study.mask_settings.training.steps": 2},
}


@pytest.mark.parametrize(
    "recipe",
    [pytest.param(r, marks=[pytest.mark.slow] * (r == "R18")) for r in sorted(EXTRA)],
)
def test_a_recipe_runs_on_its_phantom_and_compares_with_its_baselines(recipe, tmp_path):
    cases = {"example.cases": 100 if recipe == "R18" else 40, "example.size": 48}
    evidence = workflow.run_study(
        recipe, None, tmp_path, seeds=1, **{**cases, **TINY, **EXTRA[recipe]}
    )
    baselines = {method.name for method in evidence.methods if method.baseline}
    assert baselines
    assert {d.baseline for d in evidence.differences} == baselines
    kept = json.loads((tmp_path / "evidence.json").read_text())
    assert kept["id"] == recipe
    assert list(tmp_path.glob("*.png")) or recipe == "R18"


@pytest.mark.parametrize("recipe", ["R33", "R08"])
def test_volumes_are_segmented_and_filled_like_pictures(recipe, tmp_path):
    cohort = blobs(32, shape=(12, 10, 9))
    settings = {**TINY, "image_size": None, **EXTRA[recipe]}
    evidence = workflow.run_study(recipe, cohort, tmp_path, seeds=1, **settings)
    assert {figure.estimate.name for figure in evidence.figures} == {"dice", "hausdorff95"}


def test_figures_of_masks_by_hand():
    truth = np.zeros((3, 6, 8), np.int32)
    truth[0, 1:3, 1:5] = 7
    truth[1, 1:3, 1:5] = 7
    found = np.zeros(truth.shape, bool)
    found[0, 1:3, 3:7] = True
    found[2, 0, 0] = True
    seen = measured(found, truth)
    np.testing.assert_allclose(seen["dice"][:2], [0.5, 0.0])
    np.testing.assert_allclose(seen["hausdorff95"][:2], [2.0, 10.0])
    assert np.isnan(seen["dice"][2])
    assert seen["false_alarm"][2] == 1
    by_figure = {o.figure: o for o in outcomes({"one": [seen, seen]}, ["a", "b", "c"])}
    assert list(by_figure["dice"].units) == ["a", "b"]
    assert list(by_figure["false_alarm"].units) == ["c"]


def test_the_threshold_is_the_best_one_of_the_validation_cases():
    truth = np.zeros((2, 4, 4), np.int32)
    truth[:, :2] = 1
    chance = np.where(truth > 0, 0.33, 0.27)
    assert chosen_threshold(chance, truth) == 0.3
    assert chosen_threshold(chance, np.zeros_like(truth)) == 0.5


def test_a_map_becomes_the_label_that_is_likeliest():
    chance = np.array([[0.2, 0.6, 0.1], [0.3, 0.3, 0.5]], np.float32)
    assert label_map(2 * chance - 1, (4, 9)).tolist() == [0, 4, 9]


def test_a_segmenters_synthesis_is_the_source_images_with_its_masks(tmp_path):
    cohort = blobs(24, shape=(16, 16))
    run = workflow.train("R33", cohort, tmp_path / "run", **TINY)
    found = workflow.synthesise(run, source=cohort)
    preparation = run.trained_on.columns["source"].preparation
    for made, real in zip(found, cohort, strict=True):
        shown = preparation.window.to_network(made.image)
        np.testing.assert_allclose(shown, preparation.apply(real), atol=1e-5)
    masks = np.stack([case.mask for case in found])
    np.testing.assert_array_equal(masks, translated(run, cohort)[:, 0] > 0)
    assert found.table["source_case_id"].tolist() == cohort.table["case_id"].tolist()


def test_labels_that_a_run_never_learnt_are_reported(tmp_path):
    cohort = blobs(24)
    run = workflow.train("R41", cohort, tmp_path / "run", **TINY)
    images, masks = [c.image for c in cohort], [c.mask.astype(np.int32) * 255 for c in cohort]
    other = Cohort.from_arrays(images, cohort.table, masks=masks)
    with pytest.raises(BadInputError, match="labels 1 that the run learnt; found 0, 255"):
        workflow.synthesise(run, source=other)
    with pytest.raises(BadInputError, match="no mask holds 3; found 0, 1"):
        workflow.train("R41", cohort, tmp_path / "b", **TINY, **{"data.source.values": [3]})
    empty = Cohort.from_arrays(images, cohort.table, masks=[m * 0 for m in masks])
    with pytest.raises(BadInputError, match="all masks are empty"):
        workflow.train("R33", empty, tmp_path / "c", **TINY)


def test_mirrored_masks_are_those_of_the_cases_in_the_mirror():
    cohort = blobs(12)
    made = synthetic_masks._mirrored(cohort, 30, seed=0)
    masks = {case.mask.tobytes() for case in cohort}
    assert len(made) == 30
    assert all(np.flip(case.mask, -1).tobytes() in masks for case in made)


def test_a_share_of_the_patients_is_whole_patients():
    part = synthetic_masks._some_patients(blobs(40), 0.3, seed=0)
    counts = part.table["patient_id"].value_counts()
    assert (len(counts), set(counts)) == (6, {2})


def test_labels_are_taken_from_whole_patients_and_the_baseline_sees_no_others():
    marked = _with_annotations(blobs(40), 0.25, seed=0)
    by_patient = marked.table.groupby("patient_id")["annotated"].nunique()
    assert (by_patient == 1).all()
    assert (marked.table["annotated"] == "yes").sum() == 10
    recipe = load_recipe("R35")
    alone = study_of(recipe)._recipe(recipe, ALONE)
    assert "unlabelled" not in alone.data
    assert alone.game["adversarial_weight"] == 0
    with pytest.raises(BadInputError, match=r"study.annotated is 0"):
        _with_annotations(blobs(8), 0.0, seed=0)


def test_a_cohort_that_says_which_cases_are_annotated_is_judged_on_these(tmp_path):
    cohort = blobs(60)
    known = np.array([n % 3 > 0 for n in range(60)]).tolist()
    masks = [c.mask if yes else c.mask * 0 for c, yes in zip(cohort, known, strict=True)]
    table = cohort.table.assign(annotated=["yes" if yes else "no" for yes in known])
    own = Cohort.from_arrays([case.image for case in cohort], table, masks=masks)
    evidence = workflow.run_study("R35", own, tmp_path, seeds=1, **TINY, **EXTRA["R35"])
    assert {figure.estimate.name for figure in evidence.figures} == {"dice", "hausdorff95"}
    settings = evidence.record["cases"]
    assert evidence.figures[0].estimate.n_real < settings["test"]


def test_no_patient_is_of_both_domains_and_the_limit_reads_the_others_labels():
    recipe = load_recipe("R39")
    study = DomainAdaptationStudy(DomainAdaptationStudy.schema())
    cohort = study._divided(blobs(40), recipe)
    assert (cohort.table.groupby("patient_id")["domain"].nunique() == 1).all()
    limit = _recipe(recipe, "labels of the other kind (upper limit)")
    assert limit.data["source"] == limit.data["other"] == recipe.data["other"]
    assert limit.data["image"].where == recipe.data["other"].where
    assert limit.game["translated"] == 0
    with pytest.raises(BadInputError, match="two kinds of two patients each need 4"):
        study._divided(blobs(6), recipe)


def test_filling_up_makes_every_class_as_frequent_as_the_largest():
    cohort = blobs(12)
    rare = cohort.select(np.array([n < 8 or n % 4 > 1 for n in range(12)]))
    counts = rare.table["label"].value_counts().to_dict()
    settings = classification.ClassificationSettings(balance=True)
    wanted = classification.ClassificationStudy(settings)._wanted(rare)
    assert {counts[name] + wanted[name] for name in counts} == {max(counts.values())}
    with pytest.raises(BadInputError, match="nothing to fill up"):
        classification.ClassificationStudy(settings)._wanted(cohort.select(np.arange(12) < 8))


def test_classes_that_a_part_lacks_are_named():
    settings = classification.ClassificationSettings(classes=("class_0", "class_7"))
    with pytest.raises(BadInputError, match="none of class_7"):
        classification.ClassificationStudy(settings)._chosen(blobs(8))


def test_balanced_accuracy_is_the_mean_recall():
    truth = np.array([0, 0, 0, 1])
    chance = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.4, 0.6]])
    values = np.concatenate([truth[:, None], chance], axis=1)
    assert classification._balanced_accuracy(values) == pytest.approx((2 / 3 + 1) / 2)


def test_the_weights_of_the_slope_are_those_of_least_squares():
    ratios, shares = [0.0, 0.5, 1.0], np.array([0.1, 0.2, 0.7])
    assert _weights(ratios) @ shares == pytest.approx(np.polyfit(ratios, shares, 1)[0])


def test_infilled_pairs_keep_what_was_marked_and_mark_what_is_new(tmp_path):
    cohort = blobs(24)
    run = workflow.train("R08", cohort, tmp_path / "run", **TINY)
    preparation = Preparation.plan(cohort, image_size=16)
    images, masks = synthetic_masks._infilled(run, cohort, preparation, 20, seed=0)
    own = {case.image.tobytes(): case.mask for case in cohort}
    assert images.shape == (20, 1, 16, 16)
    assert len(own) == 24
    lesions = [preparation.apply_mask(case) > 0 for case in cohort]
    for image, mask in zip(images, masks, strict=True):
        unions = [a | (b & ~synthetic_masks._grown(a, 2)) for a in lesions for b in lesions]
        assert any(np.array_equal(mask > 0, union) for union in unions)
        assert np.abs(image).max() <= 1


def test_matching_gives_every_channel_the_wanted_mean_and_deviation():
    images = numpy_generator(0, "unpaired").uniform(-0.2, 0.2, (5, 2, 8, 8)).astype(np.float32)
    wanted = np.array([[0.1, -0.3, 0.05, 0.2]] * 3)
    matched = unpaired._statistics(unpaired._matched(images, wanted))
    np.testing.assert_allclose(matched, np.tile(wanted[:1], (5, 1)), atol=1e-3)
    np.testing.assert_allclose(unpaired._edges_kept(images, images), 1, atol=1e-5)


def test_the_distance_of_appearance_is_counted_in_deviations_of_the_other_kind():
    to = np.array([[0.0, 0.0], [2.0, 4.0]])  # means 1 and 2, deviations 1 and 2
    of = np.array([[1.0, 2.0], [4.0, 2.0], [1.0, 8.0]])
    expected = [0.0, 3 / np.sqrt(2), 3 / np.sqrt(2)]
    np.testing.assert_allclose(unpaired._distance(of, to), expected)


def test_masks_of_another_size_than_their_image_are_refused():
    with pytest.raises(BadInputError, match="mask"):
        Cohort.from_arrays(
            np.zeros((1, 1, 8, 8)), pd.DataFrame({"case_id": ["a"]}), masks=np.ones((1, 4, 4), int)
        )[0]
