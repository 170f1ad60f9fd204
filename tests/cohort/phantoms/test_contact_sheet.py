import numpy as np
import pytest
from PIL import Image

from cancergan.cohort.case import Case
from cancergan.cohort.phantoms.contact_sheet import SIDE, _tile, contact_sheet
from cancergan.core.errors import BadInputError


def test_a_sheet_has_a_row_per_phantom_and_a_tile_per_case(tmp_path):
    names = ["dermoscopy", "mammography_view"]
    path = tmp_path / "sheet.png"
    assert contact_sheet(path, columns=3, names=names) == names
    sheet = np.asarray(Image.open(path).convert("RGB"))
    gap, caption = 2, 128
    assert sheet.shape == (2 * SIDE + gap, caption + 3 * SIDE + 2 * gap, 3)
    assert (sheet[SIDE : SIDE + gap] == 255).all()
    colour, grey = sheet[:SIDE, caption:].astype(int), sheet[SIDE + gap :, caption:].astype(int)
    assert np.abs(colour[..., 0] - colour[..., 2]).mean() > 10
    assert np.abs(grey[..., 0] - grey[..., 2]).mean() < 4
    assert (grey[:, 3 * SIDE // 2 + 2 * gap :] == 255).all()


def test_the_same_seed_draws_the_same_sheet(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        contact_sheet(tmp_path / name, columns=2, names=["oct"], seed=seed)
    first, second, third = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == second != third


def test_an_unknown_phantom_leaves_no_file(tmp_path):
    with pytest.raises(BadInputError, match='unknown phantom "octt"; did you mean "oct"'):
        contact_sheet(tmp_path / "sheet.png", names=["octt"])
    assert list(tmp_path.iterdir()) == []


def test_channels_dose_and_planes_stand_side_by_side(tmp_path):
    wide = {}
    for name in ("lung_ct", "head_neck_dose", "brain_mri", "tumour_growth", "oct"):
        contact_sheet(tmp_path / "sheet.png", columns=1, names=[name])
        wide[name] = Image.open(tmp_path / "sheet.png").width - 128
    # Proportions are those in millimetres: 360 by 288, 256 by 256, 192 by 230, 120 by 120.
    assert wide["tumour_growth"] == wide["oct"] == SIDE
    assert wide["lung_ct"] == round(SIDE * 360 / 288)
    assert wide["head_neck_dose"] == 2 * SIDE
    assert wide["brain_mri"] == 3 * round(SIDE * 192 / 230)


def test_a_volume_shows_three_planes_the_right_way_up():
    image = np.zeros((1, 4, 6, 8), np.float32)
    image[0, :, 5, :] = 1.0  # the front
    image[0, :, :, 7] = 1.0  # the top
    tile = _tile(
        Case("head", image, spacing=(2.0, 1.0, 1.0), affine=np.diag([2.0, 1, 1, 1])),
        False,
        ((0.0, 1.0),),
    )
    axial, coronal = round(SIDE * 8 / 6), round(SIDE * 8 / 8)
    assert tile.shape == (SIDE, axial + coronal + round(SIDE * 6 / 8), 3)
    assert tile[2, :axial].min() > 200 > tile[-2, :axial].max()
    assert tile[2, axial : axial + coronal].min() > 200
    # In the sagittal plane the front is at the left.
    assert tile[SIDE // 2, axial + coronal + 2].min() > 200
    assert tile[SIDE // 2, -2].max() < 60


def test_tables_have_no_row(tmp_path):
    names = ["oct", "treatment_effect"]
    assert contact_sheet(tmp_path / "sheet.png", columns=1, names=names) == ["oct"]
