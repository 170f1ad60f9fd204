"""Designing a study: who reads what in which order, and what images become."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError, CancerganWarning
from cancergan.core.validation import validated
from cancergan.reader_study.designs import designs
from cancergan.reader_study.power import power_lines
from cancergan.reader_study.schedule import choose_items, schedule
from cancergan.reader_study.settings import StudySettings
from cancergan.reader_study.study import Study, create
from tests.data import blobs, shared
from tests.reader_study.rooms import small_study


def items_of(**settings):
    made = StudySettings(**{"gap": 4, **settings})
    return made, choose_items(made, blobs(80), blobs(80, seed=1))


def test_one_case_a_patient_balanced_and_training_cases_apart():
    _, items = items_of(training=4)
    real = blobs(80)
    reading = [item for item in items if not item.training]
    assert sum(item.truth for item in reading) == len(reading) / 2 == 38
    positions = [item.real for item in items if item.real is not None]
    patients = real.table["patient_id"].iloc[positions]
    assert patients.is_unique
    assert len(patients) == 40


def test_readers_read_the_same_cases_in_orders_of_their_own_that_the_seed_repeats():
    settings, items = items_of()
    first, second = (schedule(settings, items, reader) for reader in (0, 1))
    again = schedule(settings, items, 0)
    assert first == again
    assert [t.item for t in first] != [t.item for t in second]
    for phase in ("blind", "informed"):
        assert {t.item for t in first if t.phase == phase} == {
            t.item for t in second if t.phase == phase
        }


@pytest.mark.parametrize("gap", [0, 4, 20])
def test_repeats_come_after_their_gap(gap):
    settings, items = items_of(gap=gap, repeats=0.25)
    for reader in range(5):
        blind = [t for t in schedule(settings, items, reader) if t.phase == "blind"]
        seen = {}
        repeats = 0
        for position, trial in enumerate(blind):
            if trial.repeat:
                repeats += 1
                assert position - seen[trial.item] > gap
            else:
                assert trial.item not in seen
            seen.setdefault(trial.item, position)
        assert repeats == round(0.25 * (len(blind) - repeats))


def test_orders_are_as_random_as_they_should_be():
    """Over 300 readers every case comes in the first half about half of the time."""
    settings, items = items_of(repeats=0.0, training=0)
    early = np.zeros(len(items))
    for reader in range(300):
        order = [t.item for t in schedule(settings, items, reader) if t.phase == "blind"]
        early[order[: len(order) // 2]] += 1
    assert abs(early / 300 - 0.5).max() < 4 * 0.5 / np.sqrt(300)


def test_a_hidden_ratio_is_drawn_from_the_seed_and_never_half_by_default():
    shares = []
    for seed in range(6):
        _, items = items_of(ratio="hidden", seed=seed, training=0)
        shares.append(np.mean([item.truth for item in items]))
    assert min(shares) >= 0.3
    assert max(shares) <= 0.7
    assert np.std(shares) > 0.03


def test_power_is_printed_with_a_warning_where_there_is_too_little():
    lines = power_lines(StudySettings(readers=5, margin=0.1, correlation=0.1), 40)
    assert "worth 142 independent" in lines[0] or "worth 143 independent" in lines[0]
    assert "takes 214 readings" in lines[1]
    assert "Under-powered" in lines[-1]
    assert "Under-powered" not in power_lines(StudySettings(readers=8), 200)[-1]


def test_whole_numbers_of_the_real_side_become_the_grid_of_both(tmp_path):
    real = blobs(12)
    table = blobs(12, seed=1).table
    fractions = np.stack([case.image for case in blobs(12, seed=1)]) + np.float32(0.37)
    study = create(
        real, Cohort.from_arrays(fractions, table), tmp_path / "s",
        StudySettings(readers=1, gap=0, training=0),
    )  # fmt: skip
    assert study.display.step == 1.0
    shown = study.images[0].astype(float) + study.display.low
    with study.store.reading() as connection:
        row = connection.execute("SELECT case_id FROM images WHERE id = 0").fetchone()
    case = next(c for c in real if c.case_id == row["case_id"])
    assert np.array_equal(shown[0, 0], case.image[0])


def test_hounsfield_units_keep_16_bits_and_get_the_presets_of_ct(tmp_path):
    def volumes(seed):
        random = np.random.default_rng(seed)
        images = random.integers(-1000, 1500, (6, 1, 8, 9, 5)).astype(np.int16)
        return Cohort.from_arrays(images, spacing=(1.0, 1.0, 3.0))

    synthetic = volumes(1)
    table = synthetic.table.assign(case_id=[f"s{i}" for i in range(6)])
    table["patient_id"] = table["case_id"]
    synthetic = Cohort.from_arrays(
        [case.image for case in synthetic], table, spacing=(1.0, 1.0, 3.0)
    )
    study = create(
        volumes(0), synthetic, tmp_path / "s", StudySettings(readers=1, gap=0, training=0)
    )
    assert study.display.shape == (1, 5, 9, 8)
    assert study.display.spacing == (3.0, 1.0, 1.0)
    assert [name for name, _, _ in study.display.windows][1:4] == ["Bone", "Lung", "Soft tissue"]
    assert study.images.max() > 255


def test_a_volume_hangs_as_radiologists_hang_it(tmp_path):
    """A bright voxel to the patient's left, front and head is right, up and in the last slice."""
    image = np.zeros((1, 6, 6, 4), np.float32)
    image[0, 0, 5, 3] = 100.0  # x small: left in RAS index order; y large: front; z large: head
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    cohorts = []
    for seed in (0, 1):
        table = pd.DataFrame({"case_id": [f"{seed}-{i}" for i in range(4)]})
        cohorts.append(Cohort.from_arrays(np.stack([image] * 4), table, affine=affine))
    study = create(*cohorts, tmp_path / "s", StudySettings(readers=1, gap=0, training=0))
    slice_, row, column = np.argwhere(study.images[0][0])[0]
    assert (slice_, row, column) == (3, 0, 5)


def test_images_of_mixed_sizes_are_padded_and_the_user_is_told(tmp_path):
    sizes = [(12, 16), (16, 12), (16, 16), (14, 14)] * 3
    images = [np.full((1, *size), 100, np.uint8) for size in sizes]
    real, synthetic = (
        Cohort.from_arrays(images, pd.DataFrame({"case_id": [f"{s}{i}" for i in range(12)]}))
        for s in "ab"
    )
    with pytest.warns(CancerganWarning, match="differ in size"):
        study = create(real, synthetic, tmp_path / "s", StudySettings(readers=1, gap=0, training=0))
    assert study.images.shape[1:] == (1, 1, 16, 16)


def test_sizes_that_give_the_side_away_are_warned_of_and_one_grid_helps(tmp_path):
    settings = StudySettings(readers=1, gap=0, training=0)
    with pytest.warns(CancerganWarning, match="tells them apart"):
        create(blobs(12), blobs(12, shape=(8, 8), seed=1), tmp_path / "a", settings)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CancerganWarning)
        study = create(
            blobs(12), blobs(12, shape=(8, 8), seed=1), tmp_path / "b",
            settings.model_copy(update={"image_size": 8}),
        )  # fmt: skip
    assert study.images.shape[-2:] == (8, 8)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"cases": 5000}, "patients are needed"),
        ({"repeats": 0.9, "gap": 30}, "do not fit"),
        ({"training": 80}, "fewer than 2 of a side are left"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path, settings, words):
    with pytest.raises(BadInputError, match=words):
        small_study(tmp_path, n=60, **settings)
    assert list(tmp_path.iterdir()) == []


def test_edits_need_masks_and_colour_is_not_mixed_with_grey(tmp_path):
    plain = Cohort.from_arrays(
        np.stack([case.image for case in blobs(12, seed=1)]), blobs(12, seed=1).table
    )
    settings = StudySettings(design="find-the-edit", readers=1, gap=0, training=0)
    with pytest.raises(BadInputError, match="no mask that says where"):
        create(blobs(12), plain, tmp_path / "a", settings)
    settings = StudySettings(readers=1, gap=0, training=0)
    with pytest.raises(BadInputError, match="mixed"):
        create(blobs(12), blobs(12, channels=3, seed=1), tmp_path / "b", settings)
    with pytest.raises(BadInputError, match="readers see 1"):
        create(blobs(12, channels=2), blobs(12, channels=2, seed=1), tmp_path / "c", settings)
    assert list(tmp_path.iterdir()) == []


def test_unknown_designs_are_answered_with_the_known_ones():
    with pytest.raises(BadInputError, match="did you mean"):
        validated(StudySettings, {"design": "yes-not"}, where="here")
    assert sorted(designs) == ["2afc", "find-the-edit", "mos", "yes-no"]


def test_a_moved_study_opens_and_a_broken_one_says_what_is_missing(tmp_path):
    study = small_study(tmp_path)
    moved = study.path.rename(tmp_path / "elsewhere")
    assert Study.open(moved).settings == study.settings
    (moved / "images.npy").unlink()
    with pytest.raises(BadInputError, match=r"images\.npy: is missing"):
        Study.open(moved)
    with pytest.raises(BadInputError, match="is no reader study"):
        Study.open(tmp_path)
    (moved / "study.json").write_text(json.dumps({"format": "other"}))
    with pytest.raises(BadInputError, match="not of format"):
        Study.open(moved)


def test_real_ultrasound_becomes_a_study(tmp_path):
    cohort = Cohort.open(shared("busi"))
    cohort = cohort.select([i % 20 == 0 for i in range(len(cohort))])
    half = len(cohort) // 2
    real = cohort.select([i < half for i in range(len(cohort))])
    rest = cohort.select([i >= half for i in range(len(cohort))])
    settings = StudySettings(readers=2, gap=2, training=2, image_size=128)
    study = create(real, rest, tmp_path / "s", settings)
    assert study.images.shape[1:] == (1, 1, 128, 128) or study.images.shape[1] == 3
