"""The audit's attribute inference: sex, age, centre or diagnosis of members, beyond the public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.privacy.attribute_inference import (
    Categories,
    area_of,
    members_beyond_others,
    read_attribute,
)
from cancergan.studies.base import Method
from cancergan.studies.evidence import Outcome, Values
from cancergan.studies.membership import Attacked, Side, Sides

PUBLIC, RELEASED = "attributes by the public alone", "attributes with the release"
BEYOND = "members beyond others"
ATTRIBUTES = ("label", "sex", "age", "centre")
FEWEST_A_CLASS = 5  # patients of every class on every side: fewer make no ranking worth its name

METHODS = (
    Method(PUBLIC, "read off the image by a model of known others, who are in no release", True),
    Method(RELEASED, "the same, corrected by the nearest synthetic cases"),
)


@dataclass(frozen=True)
class AttributeAudit:
    """Figures of the attributes that could be judged, and a note on each that could not."""

    outcomes: list[Outcome]
    notes: list[str]

    @property
    def methods(self) -> tuple[Method, ...]:
        """Return the two adversaries; none where nothing could be judged."""
        return METHODS if self.outcomes else ()


def audit_attributes(
    attacked: Attacked, sides: Sides, synthetic: Cohort, asked: Sequence[str] | None
) -> AttributeAudit:
    """Infer each attribute of members and of others, without the release and with it.

    ``asked`` None takes those of ``ATTRIBUTES`` that the tables have, and says which cannot be
    judged. See ``privacy.attribute_inference`` for the adversary.

    Raises:
        BadInputError: an attribute was asked for that the tables lack, or that is too scarce.
    """
    outcomes: list[Outcome] = []
    notes: list[str] = []
    for name in ATTRIBUTES if asked is None else asked:
        every = (sides.inside, sides.outside, sides.known)
        missing = not all(name in side.table for side in every)
        if missing and asked is None:
            continue
        try:
            if missing:
                raise BadInputError("members and others do not both have that column.")
            outcomes += _judged(name, attacked, sides, synthetic)
        except BadInputError as error:
            if asked is not None:
                raise BadInputError(f'attribute "{name}": {error}') from None
            notes.append(f'The attribute "{name}" is not judged: {error}')
    return AttributeAudit(outcomes, notes)


def _judged(name: str, attacked: Attacked, sides: Sides, synthetic: Cohort) -> list[Outcome]:
    categories = Categories.of(sides.known.table[name].tolist())
    classes = len(categories.names)
    inside, outside, known = (
        categories.codes(side.table[name].tolist())
        for side in (sides.inside, sides.outside, sides.known)
    )
    for where, side, codes in (
        ("members", sides.inside, inside), ("others", sides.outside, outside),
        ("known others", sides.known, known),
    ):  # fmt: skip
        _check_enough(where, side, codes, categories)
    truth = np.concatenate([inside, outside])
    there = truth >= 0
    made = None
    if name in synthetic.table:
        made = categories.codes(synthetic.table[name].tolist())
        made = made if (made >= 0).any() else None
    found = read_attribute(
        attacked.features, attacked.reference, known, attacked.synthetic, made,
        sides.images[there], classes=classes,
    )  # fmt: skip
    sure = np.stack([sides.truth[there], truth[there].astype(float)], axis=1)
    units = [unit for unit, kept in zip(sides.units, there, strict=True) if kept]
    said = (
        "said of every synthetic case" if made is not None
        else "not in the release; read off what it completes of a coarse view"
    )  # fmt: skip
    note = f"{len(set(units))} patients; {said}; {', '.join(categories.names)}"
    outcomes = []
    for method, chances in ((PUBLIC, found.public), (RELEASED, found.released)):
        values: Values = np.concatenate([sure, chances], axis=1)[None]
        make = partial(
            Outcome, method, values=values, units=units, direction="lower", space=name, note=note,
            strata=[f"{int(side)} {int(code)}" for side, code in sure],
        )  # fmt: skip
        outcomes += [
            make(figure="auc of members", statistic=partial(area_of, side=1)),
            make(figure="auc of others", statistic=partial(area_of, side=0)),
            make(figure=BEYOND, statistic=members_beyond_others),
        ]
    return outcomes


def _check_enough(
    where: str, side: Side, codes: npt.NDArray[np.int64], categories: Categories
) -> None:
    patients = np.array(side.patients)
    for code, name in enumerate(categories.names):
        count = len(set(patients[codes == code]))
        if count < FEWEST_A_CLASS:
            raise BadInputError(
                f'{count} patients of "{name}" among {where}; {FEWEST_A_CLASS} are needed.'
            )
