import numpy as np
import pytest

from cancergan.cohort.dicom.instances import read_instance
from cancergan.cohort.dicom.stacks import UnusableSeriesError, stacks_of
from cancergan.cohort.dicom.volumes import image_of
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_series, write_slice


def sources(folder):
    instances = [read_instance(file) for file in sorted(folder.glob("*.dcm"))]
    frames = [frame for instance in instances for frame in instance.frames]
    if any(frame.place is None for frame in frames):
        return [image_of(instance.frames) for instance in instances]
    return [image_of(stack.frames) for stack in stacks_of(frames)]


def test_slices_are_sorted_rescaled_and_placed(tmp_path):
    stored = write_series(tmp_path, 5, RescaleSlope=2, RescaleIntercept=-1024)
    (source,) = sources(tmp_path)
    pixels = source.pixels()
    assert np.array_equal(pixels.image[0], stored.swapaxes(0, 1) * 2.0 - 1024)
    assert pixels.image.dtype == np.int16
    assert pixels.spacing == source.header().spacing == (0.25, 0.5, 2.0)
    assert source.header().shape == pixels.image.shape == (1, 4, 3, 5)
    # Column 1, row 2, slice 3 lies at LPS (10.25, 21, 36).
    assert np.allclose(pixels.affine @ [1, 2, 3, 1], [-10.25, -21.0, 36.0, 1.0])


def test_fractions_in_the_rescale_make_float32(tmp_path):
    stored = write_series(tmp_path, 2, RescaleSlope="0.5", RescaleIntercept="0.25")
    pixels = sources(tmp_path)[0].pixels()
    assert pixels.image.dtype == sources(tmp_path)[0].header().dtype == np.float32
    assert np.array_equal(pixels.image[0], stored.swapaxes(0, 1) * 0.5 + 0.25)


def test_reversed_normal_and_tilted_stack(tmp_path):
    for k in range(3):
        write_slice(
            tmp_path / f"{k}.dcm",
            np.full((2, 2), k, np.uint16),
            position=(0.0, 1.0 * k, -3.0 * k),
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        )
    pixels = sources(tmp_path)[0].pixels()
    assert pixels.image[0, 0, 0].tolist() == [2, 1, 0]
    assert np.allclose(pixels.affine @ [0, 0, 2, 1], [0, 0, 0, 1])
    assert np.allclose(pixels.affine @ [0, 0, 0, 1], [0, -2, -6, 1])


@pytest.mark.parametrize(
    ("dtype", "stored", "expected"),
    [(np.uint16, [0, 65535], [65535, 0]), (np.int16, [-32768, 5], [32767, -6])],
)
def test_monochrome1_is_turned_so_that_bright_means_more(tmp_path, dtype, stored, expected):
    pixels = np.array([stored], dtype=dtype)
    write_slice(tmp_path / "a.dcm", pixels, photometric="MONOCHROME1")
    assert sources(tmp_path)[0].pixels().image.tolist() == [[expected]]


def test_one_slice_is_a_picture_with_its_place(tmp_path):
    write_slice(tmp_path / "a.dcm", np.arange(12, dtype=np.uint16).reshape(3, 4))
    pixels = sources(tmp_path)[0].pixels()
    assert pixels.image.shape == (1, 3, 4)
    assert pixels.spacing == (0.5, 0.25)
    assert np.allclose(pixels.affine @ [2, 1, 0, 1], [-0.25, -1.0, 0, 1])


def test_eight_bit_and_colour_pictures(tmp_path):
    colour = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    write_slice(tmp_path / "a.dcm", colour, position=None, photometric="RGB")
    (source,) = sources(tmp_path)
    assert source.header().dtype == source.pixels().image.dtype == np.uint8
    assert np.array_equal(source.pixels().image, np.moveaxis(colour, -1, 0))
    assert source.pixels().affine is None


def test_files_without_a_position_are_cases_of_their_own(tmp_path):
    for k in range(3):
        pixels = np.full((2, 2), k, np.uint8)
        write_slice(tmp_path / f"{k}.dcm", pixels, position=None, ImagerPixelSpacing=[0.1, 0.1])
    found = sources(tmp_path)
    assert [source.pixels().image.max() for source in found] == [0, 1, 2]
    assert found[0].header().spacing == (0.1, 0.1)


def test_missing_slices_are_counted(tmp_path):
    write_series(tmp_path, 7)
    (tmp_path / "000.dcm").unlink()
    write_series(tmp_path / "b", 6)
    sources(tmp_path / "b")
    for name in ("002.dcm", "003.dcm"):
        (tmp_path / "b" / name).unlink(missing_ok=True)
    # Names are shuffled by sevens: 002 and 003 of six are slices 2 and 3.
    with pytest.raises(UnusableSeriesError, match=r"2 slices are missing, at 34.00, 36.00 mm"):
        sources(tmp_path / "b")


def test_uneven_slices_are_refused(tmp_path):
    for k, z in enumerate((0.0, 2.0, 4.5, 6.5)):
        write_slice(tmp_path / f"{k}.dcm", np.zeros((2, 2), np.uint16), position=(0, 0, z))
    with pytest.raises(UnusableSeriesError, match=r"between 2.000 and 2.500 mm apart"):
        sources(tmp_path)


def test_slices_beside_one_another_or_out_of_line_are_refused(tmp_path):
    for k, x in enumerate((0.0, 7.0)):
        write_slice(tmp_path / f"beside/{k}.dcm", np.zeros((2, 2), np.uint16), position=(x, 0, 0))
    with pytest.raises(UnusableSeriesError, match="1 slices lie in the plane of another"):
        sources(tmp_path / "beside")
    for k, x in enumerate((0.0, 3.0, 0.0)):
        zeros = np.zeros((2, 2), np.uint16)
        write_slice(tmp_path / f"off/{k}.dcm", zeros, position=(x, 0, 2.0 * k))
    with pytest.raises(UnusableSeriesError, match=r"3.00 mm off a straight line"):
        sources(tmp_path / "off")


def test_a_tilted_gantry_shears_the_affine_and_is_noted(tmp_path):
    for k in range(3):
        tilted = (0.0, 2.0 * np.tan(np.radians(12)) * k, 2.0 * k)
        write_slice(tmp_path / f"{k}.dcm", np.zeros((2, 2), np.uint16), position=tilted)
    (image,) = sources(tmp_path)
    assert "tilted by 12.0 degrees" in image.notes[0]
    assert np.allclose(image.affine[:3, 2], [0, -2 * np.tan(np.radians(12)), 2])
    assert image.known.spacing[2] == pytest.approx(2 / np.cos(np.radians(12)))


def test_an_oblique_stack_maps_every_voxel_to_its_millimetres(tmp_path):
    across, down = np.array([0.6, 0.8, 0.0]), np.array([-0.48, 0.36, 0.8])
    normal = np.cross(across, down)
    corner = np.array([-30.0, 12.5, 400.25])
    for k in range(4):
        write_slice(
            tmp_path / f"{9 - k}.dcm",
            np.full((3, 5), k, np.uint16),
            position=tuple(corner + 1.5 * k * normal),
            ImageOrientationPatient=[*across, *down],
        )
    pixels = sources(tmp_path)[0].pixels()
    assert pixels.image[0, 0, 0].tolist() == [0, 1, 2, 3]
    # PixelSpacing is 0.5 between rows and 0.25 between columns; LPS to RAS turns x and y round.
    expected = corner + 4 * 0.25 * across + 2 * 0.5 * down + 3 * 1.5 * normal
    found = pixels.affine @ [4, 2, 3, 1]
    assert np.allclose(found[:3], expected * [-1, -1, 1], atol=1e-5)


def test_frames_without_a_place_follow_one_another(tmp_path):
    stored = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    write_slice(tmp_path / "a.dcm", stored, position=None, NumberOfFrames=2)
    (image,) = sources(tmp_path)
    assert image.header().shape == (1, 4, 3, 2)
    assert np.array_equal(image.pixels().image[0], stored.transpose(2, 1, 0))
    assert image.affine is None
    assert "2 frames have no position" in image.notes[0]


def test_a_volume_beyond_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("cancergan.cohort.limits.MAX_VALUES", 30)
    write_series(tmp_path, 3)
    with pytest.raises(UnusableSeriesError, match="declares 36 values, and the limit of one"):
        sources(tmp_path)


def test_truncated_and_foreign_files_are_named(tmp_path):
    path = write_slice(tmp_path / "a.dcm", np.zeros((64, 64), np.uint16))
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(BadInputError, match=r"a.dcm: cannot be read"):
        sources(tmp_path)[0].pixels()
    path.write_bytes(b"no DICOM" * 100)
    with pytest.raises(BadInputError, match=r"a.dcm: cannot be read"):
        sources(tmp_path)
