"""The account of an import: what was taken, what was left out and why, what to know of the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cancergan.core.errors import BadInputError

# The reason of files that nobody would take for an image: listed, but no warning.
FOREIGN = "not an image"


@dataclass(frozen=True)
class Account:
    """What a reader did with the files that it found; a cohort's provenance keeps it as JSON.

    Attributes:
        taken: number of files by what they are ("CT image", "RTDOSE").
        left_out: a file, or the first of several, and why.
        notes: a file or case, and what a user should know of it.
    """

    taken: Mapping[str, int] = field(default_factory=dict)
    left_out: Sequence[tuple[str, str]] = ()
    notes: Sequence[tuple[str, str]] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON; ``from_json`` reads it back."""
        return {
            "taken": dict(self.taken),
            "left_out": [{"file": file, "reason": reason} for file, reason in self.left_out],
            "notes": [{"about": about, "note": note} for about, note in self.notes],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Account:
        """Read what ``to_json`` wrote.

        Raises:
            BadInputError: it has another form.
        """
        try:
            return cls(
                taken={str(kind): int(count) for kind, count in content["taken"].items()},
                left_out=tuple((str(e["file"]), str(e["reason"])) for e in content["left_out"]),
                notes=tuple((str(e["about"]), str(e["note"])) for e in content["notes"]),
            )
        except (KeyError, TypeError, AttributeError, ValueError):
            raise BadInputError(
                "the account in the cohort's provenance is broken. Import the cohort again."
            ) from None

    def lines(self) -> list[str]:
        """Return it for people: a line for each kind, each reason with its files, and each note."""
        files: dict[str, list[str]] = defaultdict(list)
        for file, reason in self.left_out:
            files[reason].append(file)
        return [
            *(f"taken: {count} {kind}" for kind, count in self.taken.items()),
            *(f"left out: {_in_words(names)}: {reason}" for reason, names in files.items()),
            *(f"note: {about}: {note}" for about, note in self.notes),
        ]

    def summary(self, limit: int = 3) -> str:
        """Return in one line what was left out though it could have been meant, "" for nothing."""
        meant = [(file, reason) for file, reason in self.left_out if reason != FOREIGN]
        if not meant:
            return ""
        shown = ", ".join(f"{file} ({reason})" for file, reason in meant[:limit])
        more = f" and {len(meant) - limit} more" if len(meant) > limit else ""
        return f"left out {len(meant)}: {shown}{more}"


def _in_words(files: list[str]) -> str:
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more files"
