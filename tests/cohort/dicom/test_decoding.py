import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels.decoders.base import get_decoder

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError, MissingExtraError
from tests.cohort.dicom.files import write_slice


def bundled(name):
    return get_testdata_file(name, download=False)


def image(name):
    return Cohort.open(bundled(name)).pixels(0).image


def needs(name):
    """Skip where the decoder of a file is not installed (extra ``dicom``)."""
    syntax = pydicom.dcmread(bundled(name), stop_before_pixels=True).file_meta.TransferSyntaxUID
    if syntax.is_encapsulated and not get_decoder(syntax).is_available:
        pytest.skip(f"no decoder for {syntax.name}")


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_implicit.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_padded.dcm",
    ],
)
def test_lossless_syntaxes_give_the_plain_pixels_to_the_last_bit(name):
    needs(name)
    plain = pydicom.dcmread(bundled("MR_small.dcm"))
    stored = np.frombuffer(plain.PixelData, "<i2").reshape(64, 64)
    assert np.array_equal(image(name)[0], stored)


def test_signed_numbers_are_rescaled():
    dataset = pydicom.dcmread(bundled("CT_small.dcm"))
    stored = np.frombuffer(dataset.PixelData, "<i2").reshape(128, 128)
    assert np.array_equal(image("CT_small.dcm")[0], stored + int(dataset.RescaleIntercept))


@pytest.mark.parametrize("name", ["SC_rgb_rle.dcm", "SC_rgb_jpeg_gdcm.dcm"])
def test_lossless_colour_shows_the_bars_of_the_test_card(name):
    needs(name)
    found = image(name)
    # Ten bars of ten rows: red, light red, green, light green, blue, light blue, black to white.
    assert found[:, 5, 50].tolist() == [255, 0, 0]
    assert found[:, 25, 50].tolist() == [0, 255, 0]
    assert found[:, 45, 50].tolist() == [0, 0, 255]
    assert found[:, 95, 50].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    "name",
    ["SC_ybr_full_422_uncompressed.dcm", "SC_rgb_dcmtk_+eb+cy+s4.dcm", "SC_rgb_gdcm_KY.dcm"],
)
def test_lossy_or_subsampled_colour_is_the_same_picture(name):
    needs(name)
    difference = np.abs(image(name).astype(int) - image("SC_rgb_rle.dcm").astype(int))
    assert difference.mean() < 4


def test_a_palette_becomes_the_colours_that_it_names():
    dataset = pydicom.dcmread(bundled("examples_palette.dcm"))
    stored = np.frombuffer(dataset.PixelData, np.uint8).reshape(dataset.Rows, dataset.Columns)
    tables = [
        np.frombuffer(dataset[f"{colour}PaletteColorLookupTableData"].value, "<u2")
        for colour in ("Red", "Green", "Blue")
    ]
    assert np.array_equal(image("examples_palette.dcm"), [table[stored] for table in tables])


def test_deflated_and_sixteen_bit_colour_frames_open():
    assert image("image_dfl.dcm").shape == (1, 512, 512)
    film = image("SC_rgb_rle_16bit_2frame.dcm")
    assert (film.shape, film.dtype) == ((3, 100, 100, 2), np.uint16)
    assert np.array_equal(film[..., 1], 65535 - film[..., 0])


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, [4095, 0]),
        ({"RescaleSlope": 1, "RescaleIntercept": -1024}, [-1024, 3071]),
        ({"Modality": "DX", "RescaleSlope": 2, "RescaleIntercept": 0}, [8190, 0]),
        (
            {"Modality": "DX", "RescaleSlope": 2, "RescaleIntercept": 0, "RescaleType": "HU"},
            [0, 8190],
        ),
    ],
)
def test_monochrome1_is_turned_unless_its_numbers_have_a_unit(tmp_path, attributes, expected):
    stored = np.array([[0, 4095]], np.uint16)
    file = write_slice(tmp_path / "a.dcm", stored, photometric="MONOCHROME1", **attributes)
    dataset = pydicom.dcmread(file)
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.save_as(file)
    assert Cohort.open(file)[0].image.tolist() == [[expected]]


def test_a_missing_decoder_is_named_with_its_install_line(monkeypatch):
    monkeypatch.setattr("pydicom.pixels.common.CoderBase.is_available", False)
    cohort = Cohort.open(bundled("MR_small_jpeg_ls_lossless.dcm"))
    with pytest.raises(
        MissingExtraError, match=r"JPEG-LS Lossless.*pip install 'cancergan.dicom.'"
    ):
        cohort.pixels(0)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("MR_truncated.dcm", "cut off|less than expected"),
        (
            "JPEG2000-embedded-sequence-delimiter.dcm",
            r"compressed frame is of \(1024, 3722445056\)",
        ),
    ],
)
def test_broken_pixels_are_named(name, reason):
    with pytest.raises(BadInputError, match=rf"{name}: cannot be read \(.*({reason})") as caught:
        image(name)
    assert "\n" not in str(caught.value)
