"""Who was imaged and where: the attributes that every phantom draws alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator

SCANNERS = ("scanner_1", "scanner_2", "scanner_3")


def draw_person(
    random: np.random.Generator,
    *,
    age: tuple[float, float] = (58.0, 12.0),
    female: float = 0.5,
    centres: int = 3,
) -> dict[str, object]:
    """Return sex, age (whole years, 18 to 95), centre and scanner of one patient.

    ``age`` is mean and standard deviation, ``female`` the share of women. Every centre has two of
    three scanners.

    Raises:
        BadInputError: ``centres`` is below 1.
    """
    if centres < 1:
        raise BadInputError(f"centres is {centres}; ask for at least 1.")
    centre = int(random.integers(centres))
    return {
        "sex": "female" if random.random() < female else "male",
        "age": int(np.clip(np.rint(random.normal(*age)), 18, 95)),
        "centre": f"centre_{centre + 1}",
        "scanner": SCANNERS[(centre + int(random.integers(2))) % len(SCANNERS)],
    }


def style_of(name: object, modality: str) -> np.random.Generator:
    """Return the generator from which a centre or scanner draws its habits.

    It hangs on the name alone, not on the cohort's seed: ``centre_1`` stains alike in every cohort.
    """
    return numpy_generator(0, "style", modality, name)


def draw_class(random: np.random.Generator, shares: Mapping[str, float], rest: str) -> str:
    """Return a class drawn by its share; what the shares leave of 1 goes to ``rest``.

    Raises:
        BadInputError: a share is outside [0, 1], or they add up to more than 1.
    """
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise BadInputError(f"the share of {name} is {share}; give a number from 0 to 1.")
    if sum(shares.values()) > 1 + 1e-9:
        given = ", ".join(f"{name} {share}" for name, share in shares.items())
        raise BadInputError(f"shares of classes add up to more than 1 ({given}). Lower them.")
    bounds = np.cumsum(list(shares.values()))
    return [*shares, rest][int(np.searchsorted(bounds, random.random(), side="right"))]


def checked_size(size: int, *, at_least: int = 48) -> int:
    """Return the number of pixels along an axis.

    Raises:
        BadInputError: it is below ``at_least``, under which the phantom's parts do not fit.
    """
    if size < at_least:
        raise BadInputError(f"size is {size}; give at least {at_least}.")
    return int(size)


def checked_range(name: str, values: tuple[float, float], *, at_most: float) -> tuple[float, float]:
    """Return the least and the largest value that a parameter is drawn from.

    Raises:
        BadInputError: they are not two positive numbers in ascending order, or above ``at_most``.
    """
    pair = tuple(values) if isinstance(values, Sequence) else ()
    if len(pair) != 2 or not 0 < pair[0] <= pair[1] <= at_most:
        raise BadInputError(
            f"{name} is {values}; give the least and the largest, from 0 to {at_most:.4g}."
        )
    return float(pair[0]), float(pair[1])


def checked_number(
    name: str, value: float, *, at_least: float = 0.0, at_most: float = float("inf")
) -> float:
    """Return a number within its bounds.

    Raises:
        BadInputError: it is not.
    """
    if not at_least <= value <= at_most:
        bound = "" if at_most == float("inf") else f" and at most {at_most:.4g}"
        raise BadInputError(f"{name} is {value}; give at least {at_least:.4g}{bound}.")
    return value
