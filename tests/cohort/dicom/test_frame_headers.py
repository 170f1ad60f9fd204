import numpy as np
import pytest

from cancergan.cohort.dicom.frame_headers import frames_of
from cancergan.cohort.dicom.headers import read_dataset
from cancergan.cohort.dicom.instances import read_instance
from cancergan.cohort.dicom.stacks import stacks_of
from cancergan.cohort.dicom.volumes import image_of
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import (
    functional_group,
    shared_groups,
    write_multi_frame,
    write_slice,
)


def test_an_enhanced_object_has_place_scale_and_marks_of_every_frame(tmp_path):
    stored = np.arange(3, 27, dtype=np.uint16).reshape(4, 2, 3)
    groups = [
        functional_group((1.0, 2.0, 10.0 - 2 * (k % 2)), TemporalPositionIndex=1 + k // 2)
        for k in range(4)
    ]
    file = write_multi_frame(tmp_path / "e.dcm", stored, groups, shared_groups(rescale=(2, -5)))
    frames = read_instance(file).frames
    assert [one.place.position[2] for one in frames] == [10, 8, 10, 8]
    assert {one.rescale for one in frames} == {(2.0, -5.0)}
    first, second = [image_of(stack.frames) for stack in stacks_of(frames)]
    # Frame 1 lies below frame 0: volumes begin at the lowest slice.
    assert np.array_equal(first.pixels().image[0], stored[[1, 0]].transpose(2, 1, 0) * 2 - 5)
    assert np.array_equal(second.pixels().image[0], stored[[3, 2]].transpose(2, 1, 0) * 2 - 5)
    assert np.allclose(first.affine @ [2, 1, 1, 1], [-1.5, -2.5, 10, 1])


def test_groups_of_one_frame_win_over_shared_ones(tmp_path):
    groups = [functional_group((0.0, 0.0, 2.0 * k)) for k in range(2)]
    for k, group in enumerate(groups):
        group.PixelValueTransformationSequence = shared_groups(
            rescale=(k + 1, 0)
        ).PixelValueTransformationSequence
    stored = np.ones((2, 2, 2), np.uint16)
    file = write_multi_frame(tmp_path / "e.dcm", stored, groups, shared_groups(rescale=(9, 9)))
    pixels = image_of(read_instance(file).frames).pixels()
    assert pixels.image[0, 0, 0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"PixelSpacing": [0.0, 1.0]}, "PixelSpacing holds"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, ".* no two unit vectors at right angles"),
        ({"ImagePositionPatient": [0, 0]}, "ImagePositionPatient holds .* needed are 3 numbers"),
        ({"RescaleSlope": 0}, "RescaleSlope is 0"),
    ],
)
def test_values_that_cannot_be_are_named(tmp_path, attributes, reason):
    file = write_slice(tmp_path / "a.dcm", np.zeros((2, 2), np.uint16), **attributes)
    with pytest.raises(BadInputError, match=f"a.dcm: cannot be read .{reason}"):
        read_instance(file)


def test_a_bomb_is_refused_before_anything_is_allocated(tmp_path):
    file = write_slice(tmp_path / "a.dcm", np.zeros((2, 2), np.uint16))
    header = read_dataset(file, pixels=False)
    header.Rows = header.Columns = 65535
    header.NumberOfFrames = 2_000_000_000
    with pytest.raises(ValueError, match="the limit of one image is 1,073,741,824"):
        frames_of(file, header)


def test_a_file_shorter_than_its_pixels_is_refused(tmp_path):
    file = write_slice(tmp_path / "a.dcm", np.zeros((300, 300), np.uint16))
    file.write_bytes(file.read_bytes()[:100_000])
    with pytest.raises(BadInputError, match="it is cut off: 100,000 bytes for 180,000 of pixels"):
        read_instance(file)


def test_frames_and_their_groups_must_be_as_many(tmp_path):
    groups = [functional_group((0.0, 0.0, 0.0))]
    stored = np.zeros((2, 2, 2), np.uint16)
    file = write_multi_frame(tmp_path / "e.dcm", stored, groups, shared_groups())
    with pytest.raises(BadInputError, match="it declares 2 frames and describes 1"):
        read_instance(file)
