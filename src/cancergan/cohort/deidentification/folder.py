"""De-identify whole folders: file by file, whole or not at all, with the audit list beside."""

from __future__ import annotations

import csv
import io
import struct
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cancergan.cohort.damage import readable
from cancergan.cohort.deidentification.file import Done, deidentify_dataset
from cancergan.cohort.deidentification.header import Change
from cancergan.cohort.deidentification.pixels import Rectangle, TextFinder
from cancergan.cohort.deidentification.profile import Profile, of_release
from cancergan.cohort.deidentification.screening import reason_to_hold_back
from cancergan.cohort.deidentification.secret import Secret
from cancergan.core.errors import BadInputError, CancerganWarning
from cancergan.core.files import whole_folder, write_json, write_text

if TYPE_CHECKING:
    from pydicom import Dataset


@dataclass
class Account:
    """What became of a folder.

    Attributes:
        changes: for each file written, by its new name, what was done to it.
        blackened: how many pixels of each file were blackened, where any were.
        held_back: for each file not written, by its old name, why. Not part of the audit list,
            since old names may name a patient.
    """

    changes: dict[str, list[Change]] = field(default_factory=dict)
    blackened: dict[str, int] = field(default_factory=dict)
    held_back: dict[Path, str] = field(default_factory=dict)


def deidentify(
    source: str | Path,
    out: str | Path,
    *,
    secret: Secret,
    profile: Profile | None = None,
    rectangles: Sequence[Rectangle] = (),
    finder: TextFinder | None = None,
    pixels_trusted: bool = False,
) -> Account:
    """De-identify the DICOM files of a folder into a new one, ``patient/series/instance.dcm``.

    Files that the library cannot make safe are held back, and so is everything that is not DICOM.
    ``out/audit`` gets the list of what was done, as JSON and CSV, without a single value.

    Args:
        source: a file, or a folder at any depth.
        out: must not exist yet.
        secret: with the same key, separate calls give equal identifiers and shifts.
        profile: options of the profile of PS3.15.
        rectangles: parts of every image to blacken.
        finder: finds text in a frame and returns rectangles to blacken.
        pixels_trusted: someone has looked: no text is burned in.

    Raises:
        BadInputError: no DICOM file, a damaged one (named), or none that may go out.
    """
    source, account = Path(source), Account()
    profile = profile or Profile()
    with whole_folder(Path(out)) as folder:
        for file, dataset in _files(source, account):
            reason = reason_to_hold_back(
                dataset, pixels_cleaned=bool(rectangles or finder), pixels_trusted=pixels_trusted
            )
            if reason:
                account.held_back[file] = reason
                continue
            with readable(file, BadInputError, *_damage()):
                done = deidentify_dataset(
                    dataset, secret, profile, rectangles=rectangles, finder=finder
                )
                if done.leak:
                    account.held_back[file] = done.leak
                elif _place(dataset) in account.changes:
                    account.held_back[file] = "has the instance UID of a file that was written"
                else:
                    _write(dataset, folder, done, account)
        _refuse_nothing(source, account)
        _write_audit(folder / "audit", account, profile)
    if account.held_back:
        _note(source, account)
    return account


def _files(source: Path, account: Account) -> Iterator[tuple[Path, Dataset]]:
    from pydicom import dcmread

    if not source.exists():
        raise BadInputError(f"{source}: not found. Check the path.")
    files = [source] if source.is_file() else sorted(source.rglob("*"))
    for file in (file for file in files if file.is_file()):
        with file.open("rb") as opened:
            if opened.read(132)[128:] != b"DICM":
                account.held_back[file] = "not a DICOM file"
                continue
        with readable(file, EOFError, OSError, *_damage()):
            dataset = dcmread(file)
            _check_whole(dataset)
        yield file, dataset


def _damage() -> tuple[type[Exception], ...]:
    """What pydicom raises of values that are no values of their kind, found by fuzzing."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    return (
        ArithmeticError, AttributeError, BytesLengthException, InvalidDicomError, LookupError,
        NotImplementedError, TypeError, ValueError, struct.error,
    )  # fmt: skip


def _check_whole(dataset: Dataset) -> None:
    """A file that was cut off reads well and would be written as if it were whole."""
    from pydicom.pixels.utils import get_expected_length

    compressed = dataset.file_meta.TransferSyntaxUID.is_compressed
    if "PixelData" not in dataset or compressed:
        return
    if len(dataset.PixelData) < get_expected_length(dataset):
        raise ValueError("the pixel data is cut off")


def _place(dataset: Dataset) -> str:
    series = str(dataset.get("SeriesInstanceUID") or "series")
    return f"{dataset.PatientID}/{series}/{dataset.SOPInstanceUID}.dcm"


def _write(dataset: Dataset, folder: Path, done: Done, account: Account) -> None:
    name = _place(dataset)
    place = Path(name)
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(folder / place, enforce_file_format=True)
    account.changes[name] = done.changes
    if done.blackened:
        account.blackened[name] = done.blackened


def _refuse_nothing(source: Path, account: Account) -> None:
    if account.changes:
        return
    if not account.held_back:
        raise BadInputError(f"{source}: holds no file.")
    file, reason = next(iter(account.held_back.items()))
    raise BadInputError(
        f"{source}: nothing may go out; {len(account.held_back)} files are held back, first "
        f"{file.name} ({reason})."
    )


def _write_audit(folder: Path, account: Account, profile: Profile) -> None:
    folder.mkdir()
    reasons = Counter(account.held_back.values())
    write_json(
        folder / "audit.json",
        {
            "profile": f"DICOM PS3.15 {of_release()}, basic profile (table E.1-1)",
            "codes": [code for code, _ in profile.codes(pixels_cleaned=bool(account.blackened))],
            "files": len(account.changes),
            "held_back": dict(reasons),
            "pixels_blackened": account.blackened,
            "changes": {
                name: [[one.place, one.keyword, one.action.value] for one in changes]
                for name, changes in account.changes.items()
            },
        },
    )
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(["dicom_file", "tag", "keyword", "action"])
    for name, changes in account.changes.items():
        for one in changes:
            table.writerow([name, one.place, one.keyword, one.action.value])
        if name in account.blackened:
            table.writerow([name, "(7FE0,0010)", "PixelData", "blackened in part"])
    write_text(folder / "audit.csv", text.getvalue())


def _note(source: Path, account: Account) -> None:
    reasons = Counter(account.held_back.values())
    told = "; ".join(f"{count}: {reason}" for reason, count in reasons.most_common(4))
    first = next(iter(account.held_back)).name
    text = f"{source}: {len(account.held_back)} files were held back ({told}), first {first}."
    warnings.warn(text, CancerganWarning, stacklevel=3)
