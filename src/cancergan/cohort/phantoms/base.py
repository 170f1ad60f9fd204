"""What a phantom is: images whose truth is known, because we drew them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort.cohort import Cohort
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.registry import Registry
from cancergan.core.seeds import numpy_generator

# A phantom is called with (cases, seed, **options) and returns a cohort.
phantoms: Registry[Callable[..., Cohort]] = Registry("phantom")


@dataclass(frozen=True)
class Drawn:
    """One case of a phantom: image (C, *spatial), mask (*spatial) or None, its row, spacing in mm.

    ``attributes`` hold at least what the mask cannot say: ``label``, sex, age, centre, scanner and
    the true parameters of the drawing. ``arrays`` are further ones (C', *spatial) by their column,
    as ``dose``; all cases of a phantom have the same.
    """

    image: npt.NDArray[Any]
    mask: npt.NDArray[Any] | None
    attributes: Mapping[str, object] = field(default_factory=dict)
    spacing: tuple[float, ...] | None = None
    affine: npt.NDArray[np.float64] | None = None
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


def cohort_of(
    draw: Callable[[np.random.Generator, int], Drawn], cases: int, seed: int, *, name: str
) -> Cohort:
    """Draw case after case, each from a generator of its own, and return them as a cohort.

    So case 7 is the same whether 8 or 800 are drawn. ``draw`` gets the generator and the number of
    the case; rows without a ``patient_id`` get one patient each.

    Raises:
        BadInputError: ``cases`` is below 1.
    """
    if cases < 1:
        raise BadInputError(f"cases is {cases}; ask for at least 1.")
    drawn = [draw(numpy_generator(seed, "phantom", name, i), i) for i in range(cases)]
    table = pd.DataFrame([dict(case.attributes) for case in drawn])
    table.insert(0, "case_id", [f"{name}_{number:06d}" for number in range(cases)])
    if "patient_id" not in table:
        table.insert(1, "patient_id", table["case_id"])
    spacing = [case.spacing for case in drawn if case.spacing is not None]
    affine = [case.affine for case in drawn if case.affine is not None]
    return Cohort.from_arrays(
        [case.image for case in drawn],
        table,
        masks=[case.mask for case in drawn],
        arrays={name: [case.arrays[name] for case in drawn] for name in drawn[0].arrays},
        spacing=spacing if len(spacing) == cases else None,
        affine=np.stack(affine) if len(affine) == cases else None,
        provenance={"phantom": name, "seed": seed},
    )


def table_of(
    draw: Callable[[np.random.Generator, int], Mapping[str, object]],
    cases: int,
    seed: int,
    *,
    name: str,
    truth: Mapping[str, object],
) -> Cohort:
    """Draw row after row, each from a generator of its own, and return a cohort without images.

    ``truth`` is what the rows were drawn from, as JSON; it goes into the provenance.

    Raises:
        BadInputError: ``cases`` is below 1.
    """
    if cases < 1:
        raise BadInputError(f"cases is {cases}; ask for at least 1.")
    rows = [draw(numpy_generator(seed, "phantom", name, i), i) for i in range(cases)]
    table = pd.DataFrame([dict(row) for row in rows])
    names = [f"{name}_{number:06d}" for number in range(cases)]
    table.insert(0, "case_id", names)
    table.insert(1, "patient_id", names)
    provenance = {"phantom": name, "seed": seed, "truth": dict(truth)}
    return Cohort.from_arrays(None, table, provenance=provenance)


def phantom(name: str, cases: int, *, seed: int = 0, **options: Any) -> Cohort:
    """Return a cohort of a registered phantom (``cancergan phantoms list``).

    Its provenance holds name, seed and all options, those left at their defaults included.

    Raises:
        BadInputError: an unknown phantom or option, or a value that it refuses.
    """
    draw = phantoms[name]
    signature = inspect.signature(draw)
    known = [key for key in signature.parameters if key not in ("cases", "seed")]
    for key in options:
        if key not in known:
            raise unknown(f"option of phantom {name}", key, known)
    chosen = signature.bind(cases, seed, **options)
    chosen.apply_defaults()
    recorded = {key: _as_json(chosen.arguments[key]) for key in known}
    return draw(cases, seed, **options).with_provenance(options=recorded)


def _as_json(value: object) -> object:
    """Return an option as JSON would give it back: sequences as lists."""
    return [_as_json(part) for part in value] if isinstance(value, tuple | list) else value
