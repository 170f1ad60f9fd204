import numpy as np
import pandas as pd
import pytest

from cancergan.cohort.pixels import Pixels
from cancergan.cohort.shifts.annotation import (
    OutlineChange,
    relabelled,
    signed_depth,
    typical_radius,
)
from cancergan.cohort.shifts.source import Subject
from cancergan.core.errors import BadInputError


def disc(radius: float, size: int = 65, dims: int = 2) -> np.ndarray:
    at = np.indices((size,) * dims) - size // 2
    return (np.sqrt((at**2).sum(axis=0)) <= radius).astype(np.uint8)


def redrawn(
    mechanism: str, mask: np.ndarray, strength: float = 0.5, patient: str = "p"
) -> np.ndarray:
    pixels = Pixels(np.zeros((1, *mask.shape), np.float32), mask)
    changed = OutlineChange(mechanism, strength, seed=1).pixels(pixels, Subject("c", patient, None))
    assert changed.image is pixels.image
    assert changed.mask is not None
    assert changed.mask.dtype == mask.dtype
    return changed.mask


def radius_of(mask: np.ndarray) -> float:
    return float(np.sqrt((mask > 0).sum() / np.pi))


@pytest.mark.parametrize(("dims", "size"), [(2, 65), (3, 41)])
def test_the_typical_radius_is_that_of_a_disc_or_ball(dims, size):
    assert typical_radius(signed_depth(disc(15, size, dims))) == pytest.approx(15, rel=0.06)


@pytest.mark.parametrize(("mechanism", "factor"), [("dilation", 1.25), ("erosion", 0.75)])
def test_outlines_move_by_the_stated_part_of_the_radius(mechanism, factor):
    assert radius_of(redrawn(mechanism, disc(16))) == pytest.approx(16 * factor, rel=0.05)


def test_jitter_keeps_the_size_and_roughens():
    mask = disc(16)
    changed = redrawn("jitter", mask)
    assert radius_of(changed) == pytest.approx(16, rel=0.1)
    # Where a boundary of 2 pi 16 pixels moves by 2 pixels (deviation), 1.6 on average.
    assert (changed != mask).sum() == pytest.approx(2 * np.pi * 16 * 1.6, rel=0.5)


def test_readers_have_habits_that_hang_on_the_patient():
    sizes = {p: radius_of(redrawn("readers", disc(16), 1.0, p)) for p in map(str, range(12))}
    # Habits of -0.2, 0.15 and 0.5 radii.
    assert min(sizes.values()) < 15 < 20 < max(sizes.values())


def test_each_lesion_keeps_its_number():
    mask = np.zeros((40, 40), np.int32)
    mask[5:12, 5:12], mask[25:34, 25:34] = 3, 7
    grown = redrawn("dilation", mask, 0.8)
    assert (grown[5:12, 5:12] == 3).all()
    assert set(np.unique(grown)) == {0, 3, 7}


def test_a_tiny_lesion_never_vanishes():
    mask = np.zeros((9, 9), np.uint8)
    mask[4, 4] = 1
    assert redrawn("erosion", mask, 1.0).sum() == 1


def test_an_empty_or_absent_mask_stays():
    change = OutlineChange("dilation", 0.5, seed=0)
    for mask in (None, np.zeros((4, 4), np.uint8)):
        pixels = Pixels(np.zeros((1, 4, 4)), mask)
        assert change.pixels(pixels, Subject("c", "p", None)) is pixels


def table(n: int = 100, share: float = 0.3) -> pd.DataFrame:
    labels = np.where(np.arange(n) < share * n, "malignant", "benign")
    return pd.DataFrame(
        {"patient_id": [f"P{i // 2}" for i in range(2 * n)], "label": np.repeat(labels, 2)}
    )


def test_exchanged_labels_keep_the_frequencies_and_patients_whole():
    before = table()
    after = relabelled(before, 0.5, seed=1, origin="t")
    wrong = before["label"].to_numpy() != after
    assert wrong.mean() == pytest.approx(0.25, abs=0.011)
    assert (after == "malignant").mean() == pytest.approx(0.3)
    assert (pd.Series(after).groupby(before["patient_id"].to_numpy()).nunique() == 1).all()


def test_exchanging_stops_where_partners_run_out():
    wrong = table(share=0.1)["label"].to_numpy() != relabelled(
        table(share=0.1), 1.0, seed=1, origin="t"
    )
    assert wrong.mean() == pytest.approx(0.2)


def test_exchanging_needs_two_classes():
    with pytest.raises(BadInputError, match="two classes"):
        relabelled(table(share=0.0), 0.5, seed=0, origin="t")
