import numpy as np

from cancergan.cohort.shifts import acquisitions, manifestations, outlines
from cancergan.cohort.shifts.contact_sheet import SIZE, STRENGTHS, shift_sheet


def test_every_mechanism_has_a_row_that_begins_with_the_unchanged_case(tmp_path):
    from PIL import Image

    names = shift_sheet(tmp_path / "sheet.png")
    assert len(names) == len(acquisitions) + len(manifestations) + len(outlines)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png").convert("RGB"))
    assert sheet.shape[0] == len(names) * (SIZE + 2) - 2
    right = sheet[:, -(len(STRENGTHS) * (SIZE + 2) - 2) :]
    blur, gain = (right[row * (SIZE + 2) :][:SIZE] for row in (1, 3))
    np.testing.assert_array_equal(blur[:, :SIZE], gain[:, :SIZE])
    assert not np.array_equal(blur[:, -SIZE:], gain[:, -SIZE:])
