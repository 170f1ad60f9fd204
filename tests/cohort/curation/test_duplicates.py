import time

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.curation.duplicates import Duplicate, duplicates, groups
from tests.cohort.curation.plants import COPIES
from tests.data import blobs, shared


def with_copies(cohort, rows, seed=0):
    """Return the cohort with one planted copy of each row, a kind of change each in turn."""
    images, ids, kinds = [case.image for case in cohort], list(cohort.table["case_id"]), {}
    for place, row in enumerate(rows):
        kind = list(COPIES)[place % len(COPIES)]
        images.append(np.clip(np.ascontiguousarray(COPIES[kind](images[row])), 0, 255))
        ids.append(f"copy of {ids[row]}")
        kinds[ids[row], ids[-1]] = kind
    held = [np.rint(image).astype(np.uint8) for image in images]
    return Cohort.from_arrays(held, pd.DataFrame({"case_id": ids})), kinds


def pairs_of(found):
    return {(pair.first_id, pair.second_id) for pair in found}


def test_equal_images_are_exact_and_torn_labels_are_told():
    images = np.random.default_rng(0).integers(0, 255, (4, 1, 40, 40)).astype(np.uint8)
    images[3] = images[1]
    table = pd.DataFrame({"label": ["a", "a", "b", "b"]})
    (pair,) = duplicates(Cohort.from_arrays(images, table))
    assert (pair.first, pair.second, pair.kind, pair.labels) == (1, 3, "exact", ("a", "b"))
    assert pair.to_json()["labels"] == ("a", "b")


def test_a_thousand_equal_images_are_not_half_a_million_pairs():
    image = np.random.default_rng(0).normal(size=(1, 40, 40))
    found = duplicates(Cohort.from_arrays([image] * 200))
    assert [(pair.first, pair.second) for pair in found] == [(0, n) for n in range(1, 200)]
    assert groups(found) == [list(range(200))]


def test_groups_join_chains():
    chain = [Duplicate(a, b, "", "", "near", 0.95) for a, b in [(5, 7), (1, 2), (7, 9), (2, 3)]]
    assert groups(chain) == [[1, 2, 3], [5, 7, 9]]


def test_constant_images_are_left_to_the_quality_flags():
    assert (
        len(duplicates(Cohort.from_arrays(np.stack([np.full((1, 40, 40), v) for v in (1, 2)]))))
        == 0
    )


@pytest.mark.parametrize("name", ["monuseg", "lc25000_lung"])
def test_planted_copies_in_real_images_are_found(name):
    cohort = Cohort.open(shared(name))
    cohort = cohort.select(np.arange(len(cohort)) % 3 == 0)
    planted, kinds = with_copies(cohort, range(13))
    found = pairs_of(duplicates(planted))
    missed = [kind for pair, kind in kinds.items() if pair not in found]
    assert missed == []
    by_chance = found - set(kinds)
    assert len(by_chance) <= (0 if name == "monuseg" else 2)


def known_pairs_alone(cohort):
    found = duplicates(cohort)
    assert [pair.kind for pair in found] == ["exact", "exact"]
    assert pairs_of(found) == {
        ("ISIC_0000279", "ISIC_0000280"),
        ("ISIC_0000477", "ISIC_0000512"),
    }


def test_the_known_pairs_of_real_skin_lesions_are_found_and_no_other():
    cohort = Cohort.open(shared("isic_uda1"))
    rows = np.arange(len(cohort))
    known_pairs_alone(cohort.select((rows % 5 == 0) | np.isin(rows, (279, 280, 477, 512))))


@pytest.mark.slow
def test_no_pair_of_155000_independent_ones_is_flagged():
    known_pairs_alone(Cohort.open(shared("isic_uda1")))


def test_the_exact_duplicates_of_the_lung_slices():
    cohort = Cohort.open(shared("iq_othnccd"))
    exact = [pair for pair in duplicates(cohort) if pair.kind == "exact"]
    assert len(exact) == 12
    for pair in exact:
        assert np.array_equal(cohort[pair.first].image, cohort[pair.second].image)


def test_the_same_scan_under_two_labels_in_real_ultrasound():
    torn = [pair for pair in duplicates(Cohort.open(shared("busi"))) if pair.labels]
    assert ("benign_131", "malignant_051") in pairs_of(torn)


def test_volumes_are_compared_by_their_middle_slice():
    cohort = blobs(4, shape=(40, 40, 9), classes=4)
    images = [case.image for case in cohort]
    again = Cohort.from_arrays([*images, images[2][:, ::-1] * 2 + 1])
    assert ("case_00002", "case_00004") in pairs_of(duplicates(again))


@pytest.mark.slow
def test_two_thousand_images_take_less_than_three_minutes():
    random = np.random.default_rng(0)
    images = random.normal(size=(2000, 1, 48, 48)).cumsum(2).cumsum(3).astype(np.float32)
    images[-1] = images[5]
    start = time.monotonic()
    found = duplicates(Cohort.from_arrays(images))
    assert ("case_00005", "case_01999") in pairs_of(found)
    assert time.monotonic() - start < 180
