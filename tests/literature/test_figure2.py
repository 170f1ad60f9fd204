"""The figure's counts are those of the tables, and every difference from print is explained."""

from PIL import Image

from cancergan.literature.figure2 import counts, markdown, save


def test_differences_from_print_are_explained_and_the_others_are_none():
    told = [one for one in counts() if one.printed is not None]
    assert len(told) == 16
    for one in told:
        if one.rows != one.printed:
            assert one.why, one
            assert abs(one.rows - one.printed) <= 2


def test_counts_that_agree_with_print():
    rows = {(one.panel, one.kind): one.rows for one in counts()}
    assert rows["modality", "MRI"] == 57
    assert rows["anatomy", "brain/head/neck"] == 47
    assert rows["modality", "CT"] == 53
    assert rows["total", "publications"] == 161


def test_picture_and_table_are_written(tmp_path):
    picture, table = save(tmp_path / "figures")
    assert Image.open(picture).size[0] > 800
    assert table.read_text(encoding="utf-8") == markdown()
    assert "| modality | CT | 53 | 54 | photoacoustic CT" in markdown()
