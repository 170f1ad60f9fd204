import pandas as pd
import pytest

from cancergan.cohort.tables_on_disk import read_csv, resolve
from cancergan.core.errors import BadInputError


@pytest.fixture
def csv(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "labels.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_ids_keep_their_zeros_and_numbers_are_numbers(csv):
    table = read_csv(csv("case_id,label,age,note\n007,01,63,\n008,02,,x\n"))
    assert table["case_id"].tolist() == ["007", "008"]
    assert table["label"].tolist() == ["01", "02"]
    assert table["age"].iloc[0] == 63
    assert table.isna().to_numpy().sum() == 2


def test_our_own_text_is_kept_letter_for_letter(csv):
    path = csv("case_id,grade\nNA,001\nnull,\n")
    table = read_csv(path, text_columns=["case_id", "grade"])
    assert table["case_id"].tolist() == ["NA", "null"]
    assert table["grade"].iloc[0] == "001"
    assert pd.isna(table["grade"].iloc[1])


def test_a_byte_order_mark_is_no_letter(csv):
    assert read_csv(csv("case_id\nä\n", "utf-8-sig")).columns.tolist() == ["case_id"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a CSV table"),
        ("case_id,label\n", "holds no row below its header"),
        ("a,b,a\n1,2,3\n", 'column "a" is there twice'),
        ("a,b\n1,2\n1,2,3,4\n", "is not a CSV table"),
    ],
)
def test_broken_tables_are_named(csv, text, message):
    with pytest.raises(BadInputError, match=f"labels.csv: {message}"):
        read_csv(csv(text))


def test_another_encoding_is_named(csv):
    with pytest.raises(BadInputError, match=r"labels.csv: is not UTF-8 text"):
        read_csv(csv("case_id\nZoë\n", "latin-1"))


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "data"
    (root / "images").mkdir(parents=True)
    (root / "images/a.png").write_bytes(b"x")
    (root / "b.tif").write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    return root


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("images/a.png", "images/a.png"),
        ("./images/a.png", "images/a.png"),
        ("images\\a.png", "images/a.png"),
        ("a.png", "images/a.png"),
        ("a", "images/a.png"),
        ("b", "b.tif"),
    ],
)
def test_images_are_found_beside_the_table_or_in_images(folder, name, found):
    assert resolve(name, table=folder / "labels.csv", row=1).samefile(folder / found)


@pytest.mark.parametrize(
    "name", ["../secret.png", "images/../../secret.png", "/etc/passwd", "C:\\scan.png", "..\\x.png"]
)
def test_no_path_leaves_the_folder(folder, name):
    with pytest.raises(BadInputError, match=r"labels.csv, row 3: image .* leaves the folder"):
        resolve(name, table=folder / "labels.csv", row=3)


def test_no_link_leaves_the_folder(folder):
    (folder / "link.png").symlink_to(folder.parent / "secret.png")
    with pytest.raises(BadInputError, match=r'row 2: image "link.png" is a link out of the folder'):
        resolve("link.png", table=folder / "labels.csv", row=2)


def test_missing_empty_and_unnamed_files_name_the_row(folder):
    table = folder / "labels.csv"
    message = (
        rf'^labels.csv, row 17: image "scan_17.png" not found. Looked in {folder}/images. '
        r"Fix the path or remove the row.$"
    )
    with pytest.raises(BadInputError, match=message):
        resolve("scan_17.png", table=table, row=17)
    (folder / "empty.png").touch()
    with pytest.raises(BadInputError, match=r'row 4: image "empty.png" is empty \(0 bytes\)'):
        resolve("empty.png", table=table, row=4)
    with pytest.raises(BadInputError, match="row 5: no mask"):
        resolve(float("nan"), table=table, row=5, column="mask")
