import numpy as np

from cancergan.cohort import Cohort
from cancergan.cohort.curation.description import full_description
from cancergan.cohort.curation.overlays import Overlay
from cancergan.cohort.curation.pictures import (
    FRAME,
    copies,
    doubtful,
    framed,
    overlaid,
    pixels_of,
    samples,
)
from tests.cohort.curation.plants import drawn
from tests.cohort.curation.test_description import faulty
from tests.data import blobs


def test_eight_bit_is_shown_as_it_is_and_others_by_percentiles():
    cohort = blobs(2)
    assert np.array_equal(pixels_of(cohort, 0)[..., 0], cohort[0].image[0].astype(np.uint8))
    hounsfield = np.linspace(-1000, 1000, 1600).reshape(1, 1, 40, 40)
    shown = pixels_of(Cohort.from_arrays(hounsfield), 0)
    assert (shown.min(), shown.max()) == (0, 255)


def test_samples_are_rows_of_classes():
    rows = samples(blobs(40, classes=3))
    assert [row.caption for row in rows] == ["class_0", "class_1", "class_2"]
    assert all(len(row.pictures) == 8 for row in rows)
    assert [row.caption for row in samples(Cohort.from_arrays(np.ones((2, 1, 9, 9))))] == [""]


def test_torn_copies_and_empty_images_are_shown():
    cohort = faulty()
    found = full_description(cohort)
    (row,) = copies(found, cohort)
    assert [picture.caption for picture in row.pictures] == ["case_00000 x", "case_00004 y"]
    assert all(picture.bad for picture in row.pictures)
    assert row.note == "all pixels equal"
    assert [picture.caption.split(":")[0] for picture in doubtful(found, cohort)] == ["case_00005"]


def test_overlays_are_framed():
    image = np.random.default_rng(0).uniform(0, 60, (1, 120, 160))
    marked = drawn(image, "text", np.random.default_rng(1)).astype(np.uint8)
    cohort = Cohort.from_arrays(marked[None])
    (picture,) = overlaid(full_description(cohort), cohort)
    assert picture.caption == "case_00000: text"
    assert (picture.pixels == FRAME).all(axis=-1).sum() > 40


def test_a_frame_stays_within_the_picture():
    whole = framed(np.zeros((20, 30, 3), np.uint8), [Overlay("text", (0.0, 0.0, 1.0, 1.0))])
    assert (whole[0] == FRAME).all()
    assert (whole[:, -1] == FRAME).all()
    assert not whole[5:15, 5:25].any()
