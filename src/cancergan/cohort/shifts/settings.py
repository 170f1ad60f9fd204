"""What each of the five kinds of shift is told: how strong, and by which mechanism."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cancergan.core.errors import BadInputError

KINDS = ("population", "prevalence", "manifestation", "acquisition", "annotation")


@dataclass(frozen=True)
class Shift:
    """How strong a shift is, in [0, 1]; 0 changes nothing.

    Raises:
        BadInputError: the strength is not a number in [0, 1].
    """

    strength: float = 0.5

    def __post_init__(self) -> None:
        number = isinstance(self.strength, int | float) and not isinstance(self.strength, bool)
        if not number or not 0 <= self.strength <= 1:
            raise BadInputError(
                f"strength of {self.kind} is {self.strength}; give a number from 0 to 1."
            )

    @property
    def kind(self) -> str:
        """The name of the kind."""
        return type(self).__name__.lower()

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object for the provenance."""
        stated = {key: value for key, value in asdict(self).items() if value is not None}
        return {"kind": self.kind, **stated}


@dataclass(frozen=True)
class Population(Shift):
    """Who is in the cohort: patients are left out, none is repeated.

    Of each class, the share 1 - 0.8 strength of its patients stays, so prevalence does too.

    Attributes:
        by: the column that decides; None takes the first of age, sex, centre and scanner.
        towards: "higher" or "lower" for numbers (None: higher), a value for names (None: the rarest
            of at least a tenth of the patients, else the most frequent one).
    """

    by: str | None = None
    towards: str | None = None


@dataclass(frozen=True)
class Prevalence(Shift):
    """How often each class is: patients are left out, none is repeated.

    The share p of one class becomes p + strength * (1 - p); the others keep their proportions.

    Attributes:
        towards: the class that becomes more frequent; None takes the rarest.
    """

    towards: str | None = None


@dataclass(frozen=True)
class Manifestation(Shift):
    """How the disease looks, inside the mask or in one class; the rest of an image stays as it is.

    Attributes:
        mechanism: a name in ``manifestations``; None takes "contrast" where there are masks, else
            "class".
        label: the only class that changes; None changes all cases with a mask and, where there are
            no masks, the rarest class.
    """

    mechanism: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Acquisition(Shift):
    """How all cases are imaged, as if by another scanner, microscope or camera.

    Attributes:
        mechanism: a name in ``acquisitions``.
    """

    mechanism: str = "scanner"


@dataclass(frozen=True)
class Annotation(Shift):
    """How all cases are marked: another outline, or other labels for the same images.

    Attributes:
        mechanism: a name in ``outlines``, or "labels"; None takes "dilation" where there are
            masks, else "labels".
    """

    mechanism: str | None = None


def as_settings(given: float | Shift, kind: type[Shift]) -> Shift:
    """Return the settings of one kind, given a strength or the settings themselves.

    Raises:
        BadInputError: the strength is outside [0, 1], or the settings are of another kind.
    """
    if not isinstance(given, Shift):
        return kind(given)
    if not isinstance(given, kind):
        raise BadInputError(
            f"{kind.__name__.lower()} was given settings of {given.kind}. "
            f"Give a strength, or {kind.__name__}(strength)."
        )
    return given
