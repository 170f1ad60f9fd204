import nrrd
import numpy as np
import pytest

from cancergan.cohort.formats.nrrd import read_header, read_image, read_labels
from cancergan.core.errors import BadInputError
from tests.data import shared

DIRECTIONS = np.array([[0.5, 0, 0], [0, 0, -3.0], [0, 2.0, 0]])
IMAGE = np.random.default_rng(0).integers(-1000, 1000, (4, 5, 6), dtype=np.int16)


def write(path, array, **header):
    nrrd.write(str(path), array, header, index_order="F")
    return path


@pytest.mark.parametrize(
    ("space", "signs"),
    [
        ("left-posterior-superior", (-1, -1, 1)),
        ("left-anterior-superior", (-1, 1, 1)),
        ("right-anterior-superior", (1, 1, 1)),
    ],
)
def test_every_space_becomes_ras(tmp_path, space, signs):
    path = write(
        tmp_path / "a.nrrd",
        IMAGE,
        **{"space": space, "space directions": DIRECTIONS, "space origin": [1.0, 2.0, 3.0]},
    )
    pixels = read_image(path)
    index = np.array([1, 2, 3, 1])
    in_file = DIRECTIONS.T @ index[:3] + [1.0, 2.0, 3.0]
    assert np.allclose((pixels.affine @ index)[:3], in_file * signs)
    assert pixels.spacing == (0.5, 3.0, 2.0)
    assert np.array_equal(pixels.image, IMAGE[None])
    assert (read_header(path).shape, read_header(path).dtype) == ((1, 4, 5, 6), np.int16)


def test_channels_come_first_wherever_they_are(tmp_path):
    stack = np.stack([IMAGE, 2 * IMAGE])
    rows = np.vstack([np.full(3, np.nan), DIRECTIONS])
    path = write(
        tmp_path / "a.nrrd",
        stack,
        **{
            "space": "left-posterior-superior",
            "space directions": rows,
            "space origin": [0, 0, 0],
            "kinds": ["vector", "domain", "domain", "domain"],
        },
    )
    assert np.array_equal(read_image(path).image, stack)
    assert read_header(path).shape == (2, 4, 5, 6)
    assert read_image(path).spacing == (0.5, 3.0, 2.0)
    with pytest.raises(BadInputError, match=r"a.nrrd: the mask has 2 channels"):
        read_labels(path)


def test_without_a_space_there_is_a_spacing_at_most(tmp_path):
    plain = read_image(write(tmp_path / "a.nrrd", IMAGE))
    assert (plain.affine, plain.spacing) == (None, (1.0, 1.0, 1.0))
    spaced = read_image(write(tmp_path / "b.nrrd", IMAGE, spacings=[1.0, 2.0, 3.0]))
    assert (spaced.affine, spaced.spacing) == (None, (1.0, 2.0, 3.0))


def test_axes_that_are_no_image_are_refused(tmp_path):
    path = write(tmp_path / "a.nrrd", np.zeros((2, 2, 2, 2)), kinds=["domain"] * 4)
    with pytest.raises(BadInputError, match=r"a.nrrd: has 4 axes of the kinds"):
        read_image(path)


def test_a_truncated_file_is_named(tmp_path):
    path = write(tmp_path / "a.nrrd", np.random.default_rng(0).normal(size=(9, 9, 9)))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(BadInputError, match=r"a.nrrd: cannot be read"):
        read_image(path)


def test_a_real_volume_lies_where_its_file_says():
    pixels = read_image(shared("volumes_nrrd") / "brain1_image.nrrd")
    assert pixels.image.shape == (1, 256, 256, 25)
    assert pixels.spacing == pytest.approx((0.78125, 0.78125, 6.5))
    assert np.allclose(pixels.affine @ [0, 0, 0, 1], [99.609375, -99.609375, -78.0, 1])
    assert np.allclose(pixels.affine @ [1, 1, 1, 0], [-0.78125, 0.78125, 6.5, 0])


def test_real_labels_fit_the_ct_they_were_drawn_on():
    from cancergan.cohort import Cohort

    folder = shared("dicom_ct_seg")
    with pytest.warns(UserWarning, match="liver_seg.nrrd"):
        case = Cohort.open(folder)[0]
    liver = read_labels(folder / "liver_seg.nrrd")
    assert liver.shape == case.image.shape[1:]
    assert 40 < np.median(case.image[0][liver > 0]) < 160
    assert np.allclose(read_image(folder / "liver_seg.nrrd").affine, case.affine, atol=1e-3)


HEAD = "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\n"


@pytest.mark.parametrize(
    ("head", "wrong"),
    [
        (HEAD.replace("type: uchar\n", ""), "the field type is missing"),
        (HEAD.replace("dimension: 2", "dimension: 3"), "sizes has 2 entries for 3 axes"),
        (HEAD + "line skip: 4000000000\n", "skips 4000000000 lines"),
        (HEAD + "data file: ../secret.raw\n", 'data file "../secret.raw" lies outside the folder'),
        (HEAD + "data file: /etc/hostname\n", "lies outside the folder"),
    ],
)
def test_headers_that_mislead_are_refused(tmp_path, head, wrong):
    (tmp_path / "secret.raw").write_bytes(b"abcd")
    path = tmp_path / "in/a.nrrd"
    path.parent.mkdir()
    path.write_bytes(head.encode() + b"\nabcd")
    for read in (read_header, read_image):
        with pytest.raises(BadInputError, match=wrong):
            read(path)


def test_a_detached_file_beside_its_header_is_read(tmp_path):
    (tmp_path / "a.raw").write_bytes(bytes([1, 2, 3, 4]))
    (tmp_path / "a.nhdr").write_text(HEAD + "data file: a.raw\n")
    assert read_image(tmp_path / "a.nhdr").image.tolist() == [[[1, 3], [2, 4]]]
