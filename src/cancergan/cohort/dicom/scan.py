"""Going through a folder of DICOM files: every file is an instance or has a reason not to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cancergan.cohort.account import FOREIGN
from cancergan.cohort.dicom.headers import read_dataset, readable_dicom
from cancergan.cohort.dicom.instances import Instance, read_instance
from cancergan.cohort.folders import files_within
from cancergan.cohort.formats import image_suffix
from cancergan.core.errors import BadInputError

_SUFFIXES = (".dcm", ".dicom")
_DIRECTORY = "DICOMDIR"


@dataclass
class Scan:
    """What was found below ``root``; files are named relative to it."""

    root: Path
    instances: list[Instance] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def name(self, file: Path) -> str:
        """Return a file's path below the root."""
        return file.name if file == self.root else str(file.relative_to(self.root))

    def leave_out(self, file: Path, reason: str) -> None:
        """Enter a file that is not taken."""
        self.left_out.append((self.name(file), reason))

    def drop(self, instances: Sequence[Instance], reason: str) -> None:
        """Take back files that turn out to be of no use; they are entered as one."""
        dropped = {one.file for one in instances}
        self.instances = [one for one in self.instances if one.file not in dropped]
        more = f" ({len(dropped)} files)" if len(dropped) > 1 else ""
        self.leave_out(instances[0].file, reason + more)

    def taken(self) -> dict[str, int]:
        """Return the number of files that are taken, by what they are."""
        kinds = (
            f"{one.modality or 'unnamed'} {'object' if one.belonging else 'image'} files"
            for one in self.instances
        )
        return dict(sorted(Counter(kinds).items()))


def is_dicom(path: Path) -> bool:
    """Say whether a file is named like DICOM or begins like it, whatever its name."""
    if path.suffix.lower() in _SUFFIXES:
        return path.is_file()
    if path.name.startswith(".") or image_suffix(path) or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def scan(path: Path) -> Scan:
    """Read the header of every DICOM file below a folder, or of the one file that ``path`` is.

    Raises:
        BadInputError: a DICOM file is damaged or empty, a link leads out of the folder, or two
            files claim one SOPInstanceUID and differ.
    """
    found = Scan(path)
    for file in [path] if path.is_file() else files_within(path):
        if not is_dicom(file):
            found.leave_out(file, _not_dicom(file))
            continue
        instance = read_instance(file)
        if isinstance(instance, str):
            found.leave_out(file, instance)
        else:
            found.instances.append(instance)
    _drop_copies(found)
    _compare_with_directory(found)
    return found


def _not_dicom(file: Path) -> str:
    if file.stat().st_size == 0:
        return "empty (0 bytes)"
    return "an image file among DICOM: open it by itself" if image_suffix(file) else FOREIGN


def _drop_copies(found: Scan) -> None:
    first: dict[str, Instance] = {}
    for instance in found.instances:
        other = first.setdefault(instance.uid or str(instance.file), instance)
        if other is instance:
            continue
        if not _equal(other.file, instance.file):
            raise BadInputError(
                f"{instance.file} and {other.file}: have one SOPInstanceUID and differ. "
                "Find out which is right and remove the other."
            )
        found.leave_out(instance.file, f"copy of {found.name(other.file)}")
    found.instances = list(first.values())


def _equal(one: Path, other: Path) -> bool:
    """Say whether two files hold the same data set; their file meta information may differ."""
    with readable_dicom(other):
        return bool(read_dataset(one, pixels=True) == read_dataset(other, pixels=True))


def _compare_with_directory(found: Scan) -> None:
    """Note the files that a DICOMDIR lists and that are not there."""
    directory = found.root / _DIRECTORY
    if not directory.is_file() or not is_dicom(directory):
        return
    missing = [name for name in _listed(directory) if not (found.root / name).is_file()]
    if missing:
        shown = ", ".join(missing[:3])
        found.notes.append((_DIRECTORY, f"{len(missing)} files that it lists are missing: {shown}"))


def _listed(directory: Path) -> Iterator[str]:
    """Yield the paths, relative to the DICOMDIR, that its records name; none that leaves it."""
    import pydicom

    with readable_dicom(directory):
        dataset = pydicom.dcmread(directory)
        for record in dataset.get("DirectoryRecordSequence") or []:
            parts = record.get("ReferencedFileID")
            if parts:
                parts = [parts] if isinstance(parts, str) else list(parts)
                if not {"..", ""} & set(parts) and not any(set("/\\") & set(p) for p in parts):
                    yield "/".join(parts)
