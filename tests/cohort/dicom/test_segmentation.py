import numpy as np
import pytest

from cancergan.cohort.dicom.grid import Grid
from cancergan.cohort.dicom.instances import read_instance
from tests.cohort.dicom.files import write_segmentation
from tests.data import shared


def plane(*pixels):
    stored = np.zeros((3, 4), np.uint8)
    for row, column, value in pixels:
        stored[row, column] = value
    return stored


def segments(file, grid=None):
    found = read_instance(file).belonging
    return dict(found.on(grid or found.grid)), found


def test_frames_fill_the_slices_they_lie_in_and_others_stay_empty(tmp_path):
    frames = [
        (1, (0.0, 0.0, 4.0), plane((0, 1, 1))),
        (1, (0.0, 0.0, -2.0), plane((2, 3, 1))),
        (2, (0.0, 0.0, 0.0), plane((1, 0, 1))),
    ]
    file = write_segmentation(tmp_path / "s.dcm", frames, ("Tumour", "Organ"))
    found, segmentation = segments(file)
    assert segmentation.grid.shape == (4, 3, 4)
    # Indices are column, row, slice; the lowest frame is slice 0.
    assert np.argwhere(found["Tumour"]).tolist() == [[1, 0, 3], [3, 2, 0]]
    assert np.argwhere(found["Organ"]).tolist() == [[0, 1, 1]]


def test_fractions_count_from_half_on_and_label_maps_by_number(tmp_path):
    pixels = plane((0, 0, 127), (0, 1, 128), (0, 2, 255))
    file = write_segmentation(
        tmp_path / "f.dcm",
        [(1, (0.0, 0.0, 0.0), pixels)],
        ("A",),
        kind="FRACTIONAL",
        MaximumFractionalValue=255,
    )
    assert np.argwhere(segments(file)[0]["A"]).tolist() == [[1, 0, 0], [2, 0, 0]]
    labels = plane((0, 0, 2), (1, 1, 1), (2, 2, 2))
    file = write_segmentation(
        tmp_path / "l.dcm", [(1, (0.0, 0.0, 0.0), labels)], ("A", "B"), kind="LABELMAP"
    )
    assert np.argwhere(segments(file)[0]["B"]).tolist() == [[0, 0, 0], [2, 2, 0]]


def test_a_finer_image_gets_every_voxel_of_a_coarse_segment(tmp_path):
    file = write_segmentation(tmp_path / "s.dcm", [(1, (0.0, 0.0, 0.0), plane((1, 1, 1)))], ("A",))
    _, found = segments(file)
    half = found.grid.affine @ np.diag([0.5, 0.5, 1, 1])
    half[:3, 3] -= half[:3, :3] @ [0.5, 0.5, 0]
    fine = dict(found.on(Grid((8, 6, 1), half)))["A"]
    assert np.argwhere(fine)[:, :2].tolist() == [[2, 2], [2, 3], [3, 2], [3, 3]]


def test_segments_of_one_name_are_kept_apart(tmp_path):
    frames = [(n, (0.0, 0.0, 0.0), plane((0, n, 1))) for n in (1, 2)]
    file = write_segmentation(tmp_path / "s.dcm", frames, ("Lesion", "Lesion"))
    assert list(segments(file)[0]) == ["Lesion", "Lesion (2)"]


def test_uneven_frames_are_left_out(tmp_path):
    frames = [(1, (0.0, 0.0, z), plane((0, 0, 1))) for z in (0.0, 2.0, 5.0)]
    file = write_segmentation(tmp_path / "s.dcm", frames, ("A",))
    assert read_instance(file) == "segmentation with unevenly spaced frames"


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_real_segmentation_has_the_pixels_that_its_bits_say(number):
    import pydicom

    file = shared("dicom_ct_seg") / "partial_overlaps.dcm"
    dataset = pydicom.dcmread(file)
    bits = np.unpackbits(np.frombuffer(dataset.PixelData, np.uint8), bitorder="little")
    frames = bits[: 7 * 512 * 512].reshape(7, 512, 512)
    expected = np.zeros((512, 512, 3), bool)
    for stored, group in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        which = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        z = group.PlanePositionSequence[0].ImagePositionPatient[2]
        if which == number:
            expected[..., round(z + 128.690002)] = stored.T
    found, segmentation = segments(file)
    assert np.array_equal(found[segmentation.names[number]], expected)
