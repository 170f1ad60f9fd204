import numpy as np
import pytest
from PIL import Image

from cancergan.cohort.phantoms.contact_sheet import SIDE, contact_sheet
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
