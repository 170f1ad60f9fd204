import json

import numpy as np
import pytest

from cancergan.assessment.album import open_panels, save_panels
from cancergan.core.errors import BadInputError
from tests.assessment.findings import report


def test_panels_come_back_pixel_by_pixel(tmp_path):
    save_panels(report().pictures, tmp_path / "pictures")
    (before,), (after,) = report().pictures, open_panels(tmp_path / "pictures")
    assert (after.title, after.text, after.kind) == (before.title, before.text, before.kind)
    for one, other in zip(before.rows[0].pictures, after.rows[0].pictures, strict=True):
        assert np.array_equal(one.pixels, other.pixels)
        assert (one.source, one.caption) == (other.source, other.caption)


def test_no_panels_leave_no_folder_and_take_old_ones_away(tmp_path):
    save_panels(report().pictures, tmp_path / "pictures")
    save_panels((), tmp_path / "pictures")
    assert not (tmp_path / "pictures").exists()
    assert open_panels(tmp_path / "pictures") == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda panel: panel.pop("rows"), "not readable"),
        (lambda panel: panel.update(kind="sculpture"), "kind sculpture"),
        (lambda panel: panel["rows"][0]["pictures"][0].update(source="dream"), "source dream"),
        (
            lambda panel: panel["rows"][0]["pictures"][0].update(file="gone.png"),
            "gone.png: missing, or",
        ),
    ],
)
def test_a_broken_layout_is_named(tmp_path, change, says):
    save_panels(report().pictures, tmp_path)
    index = tmp_path / "panels.json"
    panels = json.loads(index.read_text())
    change(panels[0])
    index.write_text(json.dumps(panels))
    with pytest.raises(BadInputError, match=says):
        open_panels(tmp_path)


def test_a_layout_cannot_reach_out_of_its_folder(tmp_path):
    save_panels(report().pictures, tmp_path / "pictures")
    index = tmp_path / "pictures" / "panels.json"
    (tmp_path / "secret.png").write_bytes((tmp_path / "pictures" / "00_00_00.png").read_bytes())
    panels = json.loads(index.read_text())
    panels[0]["rows"][0]["pictures"][0]["file"] = "../secret.png"
    index.write_text(json.dumps(panels))
    with pytest.raises(BadInputError, match=r"secret\.png: missing"):
        open_panels(tmp_path / "pictures")
