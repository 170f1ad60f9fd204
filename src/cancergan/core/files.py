"""Files appear whole or not at all: write beside the target under another name, then rename."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cancergan.core.errors import BadInputError


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial-{os.getpid()}")


@contextmanager
def named_disk_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals to write into one line that names the path."""
    try:
        yield
    except OSError as error:
        reasons = {
            errno.ENOSPC: "the disk is full; free some space and run it again",
            errno.EDQUOT: "the disk quota is used up; free some space and run it again",
            errno.EACCES: "no permission to write there; choose another folder",
            errno.EROFS: "the file system is read-only; choose another folder",
        }
        if error.errno not in reasons:
            raise
        raise BadInputError(f"{path}: not written: {reasons[error.errno]}.") from error


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path; on success it replaces ``path``, on failure nothing is left."""
    temporary = _partial(path)
    with named_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a temporary folder; on success it becomes ``path``, on failure nothing is left behind.

    Raises:
        BadInputError: ``path`` exists and is not an empty folder, and ``replace`` is false.
    """
    if path.exists() and not replace and (not path.is_dir() or any(path.iterdir())):
        raise BadInputError(f"{path}: exists already and is not empty. Choose another folder.")
    temporary = _partial(path)
    with named_disk_errors(path):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            yield temporary
            if path.exists():
                shutil.rmtree(path)
            os.replace(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all (UTF-8)."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_json(path: Path, value: object) -> None:
    """Write a JSON file whole or not at all; NaN is refused, since JSON has none."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        BadInputError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInputError(f"{path}: not found. Check the path.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path}: is not JSON ({error}). Restore it or make it anew.") from None


def sha256_of(path: Path) -> str:
    """Return the checksum of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sum(path: Path, stated: str) -> None:
    """Refuse a file of weights that is missing or not the stated one, before anything reads it.

    Raises:
        BadInputError: either.
    """
    if not path.is_file():
        raise BadInputError(f"{path}: the network is not there. Check the path, or copy it there.")
    found = sha256_of(path)
    if found != stated:
        raise BadInputError(
            f"{path}: its SHA-256 is {found}, stated is {stated}. It is another network, or was "
            "damaged: nothing of it was run."
        )
