import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cancergan.cohort import Cohort, Preparation, kept, prepare
from cancergan.core.errors import BadInputError
from tests.data import blobs

# Prepares blocks of 16 cases, slowly, so that the test can kill it on the way.
SLOW = """
import sys, time
from pathlib import Path
from cancergan.cohort import Cohort, Preparation, kept, prepare
kept.BLOCK = 16
read = Cohort.__getitem__
Cohort.__getitem__ = lambda self, index: (time.sleep(0.01), read(self, index))[1]
cohort = Cohort.open(sys.argv[1])
plan = Preparation.plan(cohort, image_size=8)
prepare(cohort, plan, keep=Path(sys.argv[2]), columns=("image", "mask"))
"""


@pytest.fixture
def files(tmp_path) -> Path:
    blobs(160).save(tmp_path / "cohort")
    return tmp_path / "cohort"


def counted(monkeypatch) -> list[int]:
    reads: list[int] = []
    read = Cohort.__getitem__
    monkeypatch.setattr(
        Cohort, "__getitem__", lambda self, index: (reads.append(index), read(self, index))[1]
    )
    return reads


def test_a_killed_preparation_goes_on_where_it_was(files, tmp_path, monkeypatch):
    keep = tmp_path / "kept"
    process = subprocess.Popen([sys.executable, "-c", SLOW, str(files), str(keep)])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        marks = [
            np.load(path, mmap_mode="r")
            for path in keep.glob("*/done.npy")
            if (path.parent / "prepared.json").exists()
        ]
        if marks and marks[0].sum() >= 3:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    (done,) = (np.load(path) for path in keep.glob("*/done.npy"))
    assert 3 <= done.sum() < 10

    monkeypatch.setattr(kept, "BLOCK", 16)
    cohort = Cohort.open(files)
    preparation = Preparation.plan(cohort, image_size=8)
    whole = prepare(cohort, preparation, columns=("image", "mask"))
    reads = counted(monkeypatch)
    finished = prepare(cohort, preparation, columns=("image", "mask"), keep=keep)
    assert sorted(set(reads)) == [i for i in range(160) if not done[i // 16]]
    assert finished.images.tobytes() == whole.images.tobytes()
    assert finished.masks.tobytes() == whole.masks.tobytes()
    assert finished.labels.tolist() == whole.labels.tolist()


def test_what_is_finished_is_found_again(files, tmp_path, monkeypatch):
    cohort = Cohort.open(files)
    preparation = Preparation.plan(cohort, image_size=8)
    first = prepare(cohort, preparation, keep=tmp_path / "kept")
    reads = counted(monkeypatch)
    again = prepare(Cohort.open(files), preparation, keep=tmp_path / "kept")
    assert reads == []
    assert isinstance(again.images, np.memmap)
    assert again.images.tobytes() == first.images.tobytes()


def test_another_preparation_or_a_changed_file_begins_anew(files, tmp_path):
    keep = tmp_path / "kept"
    cohort = Cohort.open(files)
    for size in (8, 12):
        prepare(cohort, Preparation.plan(cohort, image_size=size), keep=keep)
    image = next((files / "images").iterdir())
    os.utime(image, ns=(1, 1))
    prepare(Cohort.open(files), Preparation.plan(cohort, image_size=8), keep=keep)
    assert len(list(keep.iterdir())) == 3


def test_cohorts_in_memory_count_by_their_pixels(tmp_path):
    cohort, twin, other = blobs(8), blobs(8), blobs(8, seed=1)
    preparation = Preparation.plan(cohort)
    for one in (cohort, twin, other, cohort.shifted(acquisition=0.5)):
        prepare(one, preparation, keep=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_damaged_array_is_named(files, tmp_path):
    cohort = Cohort.open(files)
    preparation = Preparation.plan(cohort, image_size=8)
    prepare(cohort, preparation, keep=tmp_path / "kept")
    (images,) = (tmp_path / "kept").glob("*/images.npy")
    images.write_bytes(b"no array")
    with pytest.raises(BadInputError, match=r"images\.npy: cannot be read"):
        prepare(cohort, preparation, keep=tmp_path / "kept")


def test_what_is_returned_can_be_changed_without_changing_the_files(tmp_path):
    cohort = blobs(8)
    preparation = Preparation.plan(cohort)
    first = prepare(cohort, preparation, keep=tmp_path)
    before = first.images.tobytes()
    first.images[:] = 7
    assert prepare(cohort, preparation, keep=tmp_path).images.tobytes() == before


def test_of_two_who_begin_at_once_one_lays_out_the_files(tmp_path):
    cohort = blobs(8)
    preparation = Preparation.plan(cohort)
    first = kept.KeptArrays.open(cohort, preparation, folder=tmp_path, masks=False)
    first.images[:] = 3
    shapes = {kept.IMAGES: ((8, 1, 16, 16), np.float32), kept.DONE: ((1,), np.uint8)}
    kept._begin(first.folder, shapes, {})
    again = kept.KeptArrays.open(cohort, preparation, folder=tmp_path, masks=False)
    assert (again.images == 3).all()
    assert [path.name for path in tmp_path.iterdir()] == [first.folder.name]


def test_a_case_that_fails_leaves_its_block_undone(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "BLOCK", 4)
    images = blobs(8).table, np.stack([case.image for case in blobs(8)])
    images[1][6, 0, 0, 0] = np.nan
    cohort = Cohort.from_arrays(images[1], images[0])
    with pytest.raises(BadInputError, match='case "s0_0006"'):
        prepare(cohort, Preparation.plan(blobs(8)), keep=tmp_path)
    (done,) = (np.load(path) for path in tmp_path.glob("*/done.npy"))
    assert done.tolist() == [1, 0]
