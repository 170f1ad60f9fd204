import numpy as np
import pandas as pd
import pytest

import cancergan
from cancergan.assessment.shift_meter import compare_cohorts
from cancergan.assessment.shift_meter.meter import holm
from cancergan.cohort import Cohort, Preparation
from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from tests.data import blobs, shared


@pytest.fixture(scope="module")
def pair() -> tuple[Cohort, Cohort]:
    first, second = (phantom("dermoscopy", 90, seed=seed, size=48) for seed in (11, 12))
    return first, second


def test_equal_cohorts_are_not_shifted(pair):
    report = compare_cohorts(*pair, permutations=499)
    assert report.shifted == ()
    assert report.overall.p > 0.05
    assert {found.status for found in report.findings} == {"not shifted"}


@pytest.mark.parametrize("kind", ["prevalence", "manifestation", "acquisition", "annotation"])
def test_each_kind_is_detected_as_itself(pair, kind):
    report = compare_cohorts(pair[0], pair[1].shifted(**{kind: 0.5}, seed=3), permutations=499)
    assert report.shifted == (kind,)
    assert report[kind].sentence.startswith(f"{kind.capitalize()}: shifted (")


def test_a_weaker_trace_is_said_to_follow(pair):
    report = compare_cohorts(pair[0], pair[1].shifted(acquisition=0.8, seed=3), permutations=499)
    followers = [found for found in report.findings if found.status == "may follow"]
    assert followers
    assert all("stronger shift of acquisition" in found.sentence for found in followers)


def test_frequencies_are_seen_in_images_alone(pair):
    shifted = pair[1].shifted(prevalence=0.5, seed=1)
    true = (shifted.table["label"] == "melanoma").mean()
    frequencies = compare_cohorts(pair[0], shifted, permutations=99).frequencies
    found = {one.estimate.name: one.estimate for one in frequencies}
    melanoma = found["black-box frequency of melanoma"]
    assert melanoma.low <= true <= melanoma.high


def test_without_images_tables_are_compared():
    tables = [
        pd.DataFrame({"age": range(low, low + 60), "label": ["a", "b"] * 30}) for low in (20, 40)
    ]
    report = compare_cohorts(*(Cohort.from_arrays(None, table) for table in tables))
    assert report.shifted == ("population",)
    assert report.overall is None
    assert report["acquisition"].status == "not tested"
    assert "not tested (no images)" in report["acquisition"].sentence


def test_the_same_seed_says_the_same(pair):
    reports = [compare_cohorts(*pair, seed=4, permutations=99).to_json() for _ in range(2)]
    assert reports[0] == reports[1]


def test_few_patients_are_refused():
    with pytest.raises(BadInputError, match="5 patients are too few"):
        compare_cohorts(blobs(40), blobs(10))


def test_holm_adjusts_step_by_step():
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03})
    assert adjusted == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})


def test_real_skin_against_its_noisy_copy_without_masks():
    skin = Cohort.open(shared("isic_uda1"))
    halves = skin.split({"a": 0.5, "b": 0.5}, seed=1)
    shifted = halves["b"].shifted(acquisition=0.5)
    report = compare_cohorts(halves["a"], shifted, at_most=80, permutations=499)
    assert report.shifted == ("acquisition",)


def test_volumes_are_compared_too():
    volumes, others = (blobs(40, shape=(14, 12, 16), seed=seed) for seed in (1, 2))
    report = compare_cohorts(volumes, others.shifted(acquisition=0.8), permutations=199)
    assert report.shifted == ("acquisition",)


def test_real_cases_go_the_way_of_the_generators_cases_first():
    """What preparation alone does (resizing, clipping) is not called the generator's doing."""
    real = blobs(80, shape=(40, 40), seed=1)
    preparation = Preparation.plan(real, image_size=16)
    others = blobs(80, shape=(40, 40), seed=2)
    small = np.stack([preparation.invert(preparation.apply(case)) for case in others])
    step = [preparation.spacing(case) for case in others]
    made = {
        name: Cohort.from_arrays(small, others.table, spacing=step, provenance=provenance)
        for name, provenance in (
            ("synthetic", {"preparation": preparation.to_json()}), ("other", {})
        )
    }  # fmt: skip
    reports = {name: compare_cohorts(real, c, permutations=199) for name, c in made.items()}
    assert reports["synthetic"].shifted == ()
    assert "acquisition" in reports["other"].shifted


def test_what_a_hardly_trained_generator_introduced_is_named(tmp_path):
    parts = blobs(120).split({"train": 0.6, "test": 0.4})
    for name, cohort in parts.items():
        cohort.save(tmp_path / name)
    small = {"training.steps": 5, "training.batch_size": 8, "image_size": 16,
             "game.generator.options.width": 4, "game.discriminator.options.width": 4}  # fmt: skip
    run = cancergan.train("cgan", tmp_path / "train", tmp_path / "run", **small)
    made = cancergan.synthesise(run, 48, tmp_path / "made", condition="balanced")
    report = compare_cohorts(parts["test"], made, permutations=199)
    assert "acquisition" in report.shifted
    # The classes were asked for in equal numbers, as the real ones come; nobody has an age.
    assert report["prevalence"].status == "not shifted"
    assert report["population"].status == "not tested"
    assert report.overall.estimate.value > 0.95
