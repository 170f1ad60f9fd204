import numpy as np
import pytest
import tifffile
from PIL import Image

from cancergan.cohort.formats.picture import read_header, read_image, read_labels
from cancergan.core.errors import BadInputError

random = np.random.default_rng(0)
GREY = random.integers(0, 256, (5, 7), dtype=np.uint8)
RGB = random.integers(0, 256, (5, 7, 3), dtype=np.uint8)
DEEP = random.integers(0, 65536, (5, 7), dtype=np.uint16)


def check(path, expected):
    """The pixels are as expected, and the header says so beforehand."""
    header, pixels = read_header(path), read_image(path)
    assert np.array_equal(pixels.image, expected)
    assert (header.shape, header.spacing) == (pixels.image.shape, pixels.spacing)
    assert (header.dtype == np.uint8) == (pixels.image.dtype == np.uint8)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_eight_bit_is_exact(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(GREY).save(path)
    check(path, GREY[None])
    Image.fromarray(RGB).save(path)
    check(path, np.moveaxis(RGB, -1, 0))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_stays_sixteen_bit(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(DEEP).save(path)
    check(path, DEEP[None])
    assert read_image(path).image.dtype == np.uint16


def test_jpeg_has_one_or_three_channels(tmp_path):
    for array, channels in ((GREY, 1), (RGB, 3)):
        Image.fromarray(array).save(tmp_path / "a.jpg")
        assert read_header(tmp_path / "a.jpg").shape == (channels, 5, 7)
        assert read_image(tmp_path / "a.jpg").image.shape == (channels, 5, 7)


def test_alpha_is_dropped(tmp_path):
    for array in (RGB, GREY[..., None]):
        with_alpha = np.concatenate([array, array[..., :1]], axis=-1)
        Image.fromarray(with_alpha).save(tmp_path / "a.png")
        check(tmp_path / "a.png", np.moveaxis(array, -1, 0))


def test_a_palette_becomes_colour_but_a_mask_keeps_its_numbers(tmp_path):
    indices = np.array([[0, 1], [2, 1]], np.uint8)
    picture = Image.fromarray(indices).convert("P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 9, 0])
    picture.save(tmp_path / "a.png")
    check(tmp_path / "a.png", [[[0, 255], [0, 255]], [[0, 0], [9, 0]], [[0, 0], [0, 0]]])
    assert np.array_equal(read_labels(tmp_path / "a.png"), indices)


def test_one_bit_becomes_0_and_255(tmp_path):
    Image.fromarray(GREY > 128).save(tmp_path / "a.png")
    check(tmp_path / "a.png", (GREY > 128)[None] * np.uint8(255))


@pytest.mark.parametrize("layout", ["colour last", "colour first", "stack", "float", "big endian"])
def test_tiff_in_all_its_layouts(tmp_path, layout):
    path, deep = tmp_path / "a.tif", random.integers(0, 65536, (5, 7, 3), dtype=np.uint16)
    if layout == "colour last":
        tifffile.imwrite(path, deep, photometric="rgb")
        check(path, np.moveaxis(deep, -1, 0))
    elif layout == "colour first":
        tifffile.imwrite(path, np.moveaxis(deep, -1, 0), photometric="rgb", planarconfig="separate")
        check(path, np.moveaxis(deep, -1, 0))
    elif layout == "stack":
        stack = random.integers(0, 256, (4, 5, 7), dtype=np.uint8)
        tifffile.imwrite(path, stack, photometric="minisblack")
        check(path, stack[None])
    elif layout == "float":
        tifffile.imwrite(path, DEEP.astype(np.float32) / 7)
        check(path, DEEP[None].astype(np.float32) / 7)
    else:
        tifffile.imwrite(path, DEEP, byteorder=">")
        check(path, DEEP[None])


def test_deep_colour_that_pillow_would_flatten_is_refused(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(RGB).save(path)
    data = bytearray(path.read_bytes())
    data[24] = 16  # the bit depth in the header of a PNG
    import struct
    import zlib

    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)
    with pytest.raises(BadInputError, match=r"a.png: is a 16-bit colour PNG"):
        read_header(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_a_truncated_picture_is_named(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInputError, match=rf"a.{suffix}: cannot be read") as caught:
        read_image(path)
    assert "\n" not in str(caught.value)


def test_a_mask_in_colour_is_refused_unless_it_is_grey(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "a.png")
    with pytest.raises(BadInputError, match=r"a.png: is a mask in colour"):
        read_labels(tmp_path / "a.png")
    Image.fromarray(np.repeat(GREY[..., None], 3, axis=-1)).save(tmp_path / "b.png")
    assert np.array_equal(read_labels(tmp_path / "b.png"), GREY)
