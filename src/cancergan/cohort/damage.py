"""Damaged files: what a library says of them becomes one line that names the file."""

from __future__ import annotations

import tokenize
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cancergan.core.errors import BadInputError

# What NumPy raises for a broken .npy header, which it parses as an expression of Python.
HEADER_DAMAGE: tuple[type[Exception], ...] = (
    OSError, ValueError, EOFError, SyntaxError, OverflowError, TypeError, tokenize.TokenError,
)  # fmt: skip


@contextmanager
def readable(path: Path, *errors: type[Exception]) -> Iterator[None]:
    """Turn the errors that a library raises for a damaged file into a BadInputError."""
    try:
        yield
    except errors as error:
        reason = " ".join(str(error).replace(str(path), "the file").split())
        raise BadInputError(f"{path}: cannot be read ({reason}). Restore the file.") from None
