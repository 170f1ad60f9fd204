"""A cohort of a million rows: it opens at once, and its cases pass by in bounded memory."""

import json
import subprocess
import sys

import numpy as np
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.lazy import LazySources
from cancergan.cohort.readers import native
from cancergan.core.errors import BadInputError

FILES = 100
MEASURE = """
import json, resource, sys, time
from cancergan.cohort import Cohort
seconds = []
for _ in range(3):
    # Of the processor, since other tests may run at the same time.
    started = time.process_time()
    cohort = Cohort.open(sys.argv[1])
    seconds.append(time.process_time() - started)
shifted = cohort.shifted(prevalence=0.5, acquisition=0.5)
shifted[0]
started, total = time.perf_counter(), 0.0
step = int(sys.argv[2])
for index in range(0, len(cohort), step):
    total += float(cohort[index].image[0, 0, 0])
passed = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"open": min(seconds), "cases": len(cohort), "iterate": passed,
                  "peak_gib": peak, "total": total}))
"""


def manifest(folder, rows: int):
    (folder / "images").mkdir(parents=True)
    for number in range(FILES):
        np.save(folder / f"images/{number}.npy", np.full((1, 16, 16), number, np.uint8))
    lines = ["case_id,patient_id,label,age,image"]
    labels = ("malignant", "benign", "benign")
    lines += [
        f"c{i},p{i // 2},{labels[i // 2 % 3]},{30 + i % 50},images/{i % FILES}.npy"
        for i in range(rows)
    ]
    (folder / "cohort.csv").write_text("\n".join(lines))
    return folder / "cohort.csv"


def measured(path, step: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path), str(step)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    print(path.name, found)
    return found


@pytest.mark.slow
def test_a_table_of_a_million_files_opens_at_once(tmp_path):
    """Every 49th file is read; they are a hundred files over and over."""
    found = measured(manifest(tmp_path, 1_000_000), step=49)
    assert found["cases"] == 1_000_000
    # Files 0, 49, 98, ... modulo 100: all of them equally often, but for the last round.
    assert found["total"] / (1_000_000 / 49) == pytest.approx((FILES - 1) / 2, abs=0.1)
    assert found["open"] < 2
    assert found["peak_gib"] < 2


@pytest.mark.slow
def test_an_archive_of_a_million_cases_passes_by_in_bounded_memory(tmp_path):
    images = np.arange(1_000_000, dtype=np.int64)[:, None, None] % FILES
    np.savez(
        tmp_path / "million.npz",
        train_images=np.broadcast_to(images, (1_000_000, 16, 16)).astype(np.uint8),
        train_labels=(np.arange(1_000_000) % 3)[:, None],
    )
    found = measured(tmp_path / "million.npz", step=1)
    assert found["cases"] == 1_000_000
    assert found["total"] == 1_000_000 * (FILES - 1) / 2
    assert found["open"] < 2
    assert found["peak_gib"] < 2


@pytest.fixture
def long_table(tmp_path, monkeypatch):
    monkeypatch.setattr(native, "CHECKED_AT_ONCE", 300)
    monkeypatch.setattr(native, "CHECKED_OF_MANY", 20)
    return manifest(tmp_path, 400)


def test_a_long_table_holds_the_same_cases_as_a_short_one(long_table, monkeypatch):
    long = Cohort.open(long_table)
    assert isinstance(long._contents.sources, LazySources)
    monkeypatch.setattr(native, "CHECKED_AT_ONCE", 500)
    short = Cohort.open(long_table)
    assert not isinstance(short._contents.sources, LazySources)
    assert long.fingerprint == short.fingerprint
    chosen = long.select("label == 'malignant'").split({"a": 0.5, "b": 0.5})["a"]
    assert isinstance(chosen._contents.sources, LazySources)
    row = int(chosen.table["case_id"].iloc[5][1:])
    assert chosen[5].image[0, 0, 0] == row % FILES


def test_a_missing_file_of_a_long_table_is_named_by_its_row_when_it_is_read(long_table):
    lines = long_table.read_text().splitlines()
    lines[8] = lines[8].replace("images/7.npy", "images/none.npy")
    long_table.write_text("\n".join(lines))
    cohort = Cohort.open(long_table)
    with pytest.raises(
        BadInputError, match=r'cohort.csv, row 8: image "images/none.npy" not found'
    ):
        cohort[7]


def test_a_long_table_with_wrong_paths_throughout_does_not_open(long_table):
    long_table.write_text(long_table.read_text().replace("images/", "elsewhere/"))
    with pytest.raises(BadInputError, match="row 1: image"):
        Cohort.open(long_table)


def test_a_path_out_of_the_folder_is_never_read(long_table):
    lines = long_table.read_text().splitlines()
    lines[8] = lines[8].replace("images/7.npy", "../secret.npy")
    long_table.write_text("\n".join(lines))
    with pytest.raises(BadInputError, match="leaves the folder"):
        Cohort.open(long_table)[7]
