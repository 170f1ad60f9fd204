"""The key that decides every new identifier: with it calls agree, without it nobody can go back."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from cancergan.core.errors import BadInputError

_BYTES = 32
_NEAREST_DAYS, _FARTHEST_DAYS = 30, 3650


@dataclass(frozen=True)
class Secret:
    """A key of 32 bytes or more; new identifiers are its HMAC-SHA256 of the old ones."""

    key: bytes = field(repr=False)

    @classmethod
    def fresh(cls) -> Secret:
        """Return a key that nobody knows.

        From the operating system, not from ``core.seeds``: who can repeat the draw can undo it.
        """
        return cls(secrets.token_bytes(_BYTES))

    @classmethod
    def open(cls, path: str | Path) -> Secret:
        """Read a key file: at least 64 hexadecimal digits.

        Raises:
            BadInputError: there is no such file, or it holds no key.
        """
        try:
            key = bytes.fromhex(Path(path).read_text(encoding="ascii").strip())
        except FileNotFoundError:
            raise BadInputError(f"{path}: not found. Make a key with --new-key.") from None
        except (ValueError, OSError):
            raise BadInputError(f"{path}: is not a key file of hexadecimal digits.") from None
        if len(key) < _BYTES:
            raise BadInputError(f"{path}: the key has {len(key)} bytes; needed are {_BYTES}.")
        return cls(key)

    def save(self, path: str | Path) -> None:
        """Write the key so that only its owner can read it; never over an existing file.

        Raises:
            BadInputError: the file is there already, or cannot be written.
        """
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise BadInputError(f"{path}: exists already. Use it with --key.") from None
        except OSError as error:
            raise BadInputError(f"{path}: cannot be written ({error.strerror}).") from None
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(self.key.hex() + "\n")

    def uid(self, old: str) -> str:
        """Return the new identifier for an old one: a UUID (version 8, RFC 9562) under 2.25."""
        number = int.from_bytes(self._digest("uid", old.strip("\0 "))[:16], "big")
        number &= ~(0xF << 76) & ~(0x3 << 62)
        return f"2.25.{uuid.UUID(int=number | 8 << 76 | 2 << 62).int}"

    def pseudonym(self, patient: str) -> str:
        """Return the new id of a patient; equal ids get equal ones."""
        return f"ANON-{self._digest('patient', patient)[:8].hex().upper()}"

    def days(self, patient: str) -> int:
        """Return by how many days a patient's dates move back: 30 to 3,650."""
        span = _FARTHEST_DAYS - _NEAREST_DAYS + 1
        number = int.from_bytes(self._digest("days", patient)[:8], "big")
        return _NEAREST_DAYS + number % span

    def _digest(self, purpose: str, value: str) -> bytes:
        return hmac.new(self.key, f"{purpose}\0{value}".encode(), hashlib.sha256).digest()
