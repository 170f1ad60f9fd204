"""Files appear whole or not at all."""

import errno
import os

import pytest

from cancergan.core.errors import BadInputError
from cancergan.core.files import read_json, whole_file, whole_folder, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "state.json"
    write_text(path, "old")

    def fail_in_the_middle():
        with whole_file(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_in_the_middle()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["state.json"]


def test_a_full_disk_is_one_clear_line(tmp_path):
    def fill():
        with whole_file(tmp_path / "big.npy") as temporary:
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(BadInputError, match=r"big\.npy: not written: the disk is full"):
        fill()
    assert os.listdir(tmp_path) == []


def test_a_real_full_device_is_reported(tmp_path):
    link = tmp_path / "full"
    link.symlink_to("/dev/full")
    with pytest.raises(BadInputError, match="the disk is full"), whole_file(tmp_path / "x") as _:
        link.write_text("x" * 10**6)


def test_other_errors_are_not_hidden(tmp_path):
    def fail():
        with whole_file(tmp_path / "x"):
            raise OSError(errno.EIO, "broken")

    with pytest.raises(OSError, match="broken"):
        fail()


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    def fail():
        with whole_folder(tmp_path / "cohort") as folder:
            (folder / "half").write_text("")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        fail()
    assert os.listdir(tmp_path) == []
    with whole_folder(tmp_path / "cohort") as folder:
        (folder / "all").write_text("")
    assert os.listdir(tmp_path / "cohort") == ["all"]


def test_a_taken_folder_is_refused_unless_it_may_be_replaced(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "old").write_text("")
    with pytest.raises(BadInputError, match="exists already"), whole_folder(tmp_path / "taken"):
        pass
    with whole_folder(tmp_path / "taken", replace=True) as folder:
        (folder / "new").write_text("")
    assert os.listdir(tmp_path / "taken") == ["new"]


def test_json_round_trip_and_its_refusals(tmp_path):
    write_json(tmp_path / "a.json", {"value": 1.5, "name": "Müller"})
    assert read_json(tmp_path / "a.json") == {"value": 1.5, "name": "Müller"}
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "b.json", {"value": float("nan")})
    assert not (tmp_path / "b.json").exists()
    (tmp_path / "c.json").write_text("{")
    with pytest.raises(BadInputError, match="is not JSON"):
        read_json(tmp_path / "c.json")
    with pytest.raises(BadInputError, match="not found"):
        read_json(tmp_path / "d.json")
