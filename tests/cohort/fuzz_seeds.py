"""Small sound files in every layout and format, for breaking."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import nibabel
import nrrd
import numpy as np
import tifffile
from PIL import Image
from pydicom.data import get_testdata_file

from tests.cohort.dicom.files import (
    functional_group,
    shared_groups,
    write_dose,
    write_multi_frame,
    write_segmentation,
    write_series,
    write_structures,
)
from tests.data import blobs

BUNDLED = (
    "CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm", "MR_small_bigendian.dcm", "SC_rgb_small_odd_jpeg.dcm",
    "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_rle_16bit_2frame.dcm", "SC_rgb_gdcm_KY.dcm",
    "SC_ybr_full_422_uncompressed.dcm", "examples_palette.dcm", "image_dfl.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm", "JPEGLSNearLossless_16.dcm",
)  # fmt: skip
PIXELS = np.arange(4 * 5, dtype=np.uint8).reshape(4, 5)
VOLUME = np.arange(4 * 5 * 3, dtype=np.int16).reshape(4, 5, 3)


def write_seeds(root: Path) -> dict[str, list[Path]]:
    """Return by name what to open, then the files that may be broken."""
    seeds = {}
    for writer in (_series, _planned, _enhanced, _volumes, _pictures, _archives, _tables, _folders):
        folder = root / writer.__name__.strip("_")
        folder.mkdir(parents=True)
        seeds |= writer(folder)
    for name in BUNDLED:
        if source := get_testdata_file(name, download=False):
            target = root / name
            shutil.copy(source, target)
            seeds[name] = [target, target]
    return seeds


def _whole(folder: Path) -> list[Path]:
    return [folder, *sorted(path for path in folder.rglob("*") if path.is_file())]


def _series(folder: Path) -> dict[str, list[Path]]:
    write_series(folder, 3, PatientAge="040Y", StudyDate="20200101", RescaleIntercept=-5)
    return {"series": _whole(folder)}


def _planned(folder: Path) -> dict[str, list[Path]]:
    write_series(folder / "ct", 3, FrameOfReferenceUID="1.2.9")
    square = np.array([(10, 20, 30), (10.6, 20, 30), (10.6, 22, 30), (10, 22, 30)], float)
    write_structures(folder / "rt.dcm", {"Organ": [square]})
    write_segmentation(folder / "seg.dcm", [(1, (10.0, 20.0, 32.0), np.eye(3, 4))], ("A",))
    write_dose(folder / "dose.dcm", np.ones((3, 3, 4), np.uint16))
    return {"planned": _whole(folder)}


def _enhanced(folder: Path) -> dict[str, list[Path]]:
    groups = [
        functional_group((0.0, 0.0, 2.0 * (k % 3)), TemporalPositionIndex=k // 3) for k in range(6)
    ]
    stored = np.arange(6 * 12, dtype=np.uint16).reshape(6, 3, 4)
    write_multi_frame(folder / "e.dcm", stored, groups, shared_groups(rescale=(1, -3)))
    return {"enhanced": _whole(folder)}


def _volumes(folder: Path) -> dict[str, list[Path]]:
    for suffix in (".nii", ".nii.gz"):
        nibabel.save(nibabel.Nifti1Image(VOLUME, np.eye(4)), folder / f"a{suffix}")
    scaled = nibabel.Nifti1Image(VOLUME, np.eye(4))
    scaled.header.set_slope_inter(0.5, 1)
    nibabel.save(scaled, folder / "b.nii")
    header = {"space": "left-posterior-superior", "space directions": np.eye(3)}
    for encoding in ("raw", "gzip", "ascii"):
        path = str(folder / f"{encoding}.nrrd")
        nrrd.write(path, VOLUME, header | {"encoding": encoding})
    np.save(folder / "a.npy", VOLUME[None])
    return {path.name: [path, path] for path in sorted(folder.iterdir())}


def _pictures(folder: Path) -> dict[str, list[Path]]:
    colour = np.stack([PIXELS] * 3, axis=-1)
    for suffix in ("png", "jpg", "bmp", "tif"):
        Image.fromarray(colour).save(folder / f"c.{suffix}")
    Image.fromarray(PIXELS.astype(np.uint16) * 99).save(folder / "deep.png")
    Image.fromarray(PIXELS).convert("P").save(folder / "palette.png")
    tifffile.imwrite(folder / "deep.tif", colour.astype(np.uint16), photometric="rgb")
    tifffile.imwrite(folder / "stack.tif", np.moveaxis(VOLUME, -1, 0).astype(np.uint16))
    return {path.name: [path, path] for path in sorted(folder.iterdir())}


def _archives(folder: Path) -> dict[str, list[Path]]:
    images, masks = np.stack([PIXELS] * 2), np.ones((2, 4, 5), bool)
    labels = np.array([[0], [1]])
    np.savez(folder / "medmnist.npz", train_images=images, train_labels=labels, train_masks=masks)
    np.savez_compressed(folder / "slices.npz", image=images, mask=masks, slice_index=np.arange(2))
    np.savez_compressed(
        folder / "openkbp.npz", ct=VOLUME, dose=VOLUME.astype(np.uint16),
        structures=VOLUME.astype(np.uint16) % 4, voxel_mm=np.ones(3), rois=np.array(["A", "B"]),
    )  # fmt: skip
    blobs(4, shape=(8, 8)).save(folder / "ours.npz", "npz")
    return {path.name: [path, path] for path in sorted(folder.iterdir())}


def _tables(folder: Path) -> dict[str, list[Path]]:
    found = {}
    rows = "image,label,patient_id,age\nä.png,x,P1,40\nsub/b.png,y,P2,\n"
    Image.fromarray(PIXELS).save(_made(folder / "manifest/ä.png"))
    Image.fromarray(PIXELS).save(_made(folder / "manifest/sub/b.png"))
    (folder / "manifest/t.csv").write_text(rows)
    found["manifest"] = [folder / "manifest", folder / "manifest/t.csv"]
    blobs(4, shape=(8, 8)).save(folder / "saved")
    for name in ("cohort.csv", "cohort.json"):
        found[f"saved {name}"] = [folder / "saved", folder / "saved" / name]
    patient = folder / "openkbp"
    for name, text in {
        "ct": ",data\n0,1\n5,2.5\n", "dose": ",data\n7,50\n", "PTV": ",data\n7,\n",
        "voxel_dimensions": "3\n3\n2\n",
    }.items():  # fmt: skip
        _made(patient / f"{name}.csv").write_text(text)
    (patient / "ct.csv.gz").write_bytes(gzip.compress((patient / "ct.csv").read_bytes()))
    (patient / "ct.csv").unlink()
    found["openkbp csv"] = _whole(patient)
    return found


def _folders(folder: Path) -> dict[str, list[Path]]:
    for layout in ("classes/{}/1.png", "mixed/a/{}/1.png", "split/train/{}/1.png"):
        for name in ("x", "y"):
            Image.fromarray(PIXELS).save(_made(folder / layout.format(name)))
    record = {
        "name": "t", "modality": {"0": "MR"}, "labels": {"0": "none", "1": "tumour"},
        "numTraining": 1, "training": [{"image": "./i/a.nii", "label": "./l/a.nii"}],
        "test": [],
    }  # fmt: skip
    for part in "il":
        target = _made(folder / f"decathlon/{part}/a.nii")
        nibabel.save(nibabel.Nifti1Image(VOLUME, np.eye(4)), target)
    (folder / "decathlon/dataset.json").write_text(json.dumps(record))
    found = {name: _whole(folder / name) for name in ("classes", "mixed", "split")}
    found["decathlon"] = [folder / "decathlon", folder / "decathlon/dataset.json"]
    return found


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
