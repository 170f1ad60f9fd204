"""Where a study works: the parts of the cohort, the seeds, and runs that are trained once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cancergan.cohort import Cohort
from cancergan.cohort.cohort import check_disjoint
from cancergan.core.errors import BadInputError
from cancergan.core.files import write_json
from cancergan.core.pictures import Picture
from cancergan.core.provenance import fingerprint
from cancergan.recipes.loader import merged, resolve
from cancergan.recipes.schema import Recipe
from cancergan.training import session
from cancergan.training.run import Run

PARTS = ("train", "validation", "test")
SHARES = {"train": 0.6, "validation": 0.15, "test": 0.25}


@dataclass
class Bench:
    """What a study is given.

    Attributes:
        recipe: the recipe under study, resolved.
        train, validation, test: cases of disjoint patients.
        seeds: one training of every method for each.
        folder: for runs and whatever a study keeps; an interrupted study goes on there.
        say: prints a line of progress.
        pictures: by name, drawn by the study for its page.
    """

    recipe: Recipe
    train: Cohort
    validation: Cohort
    test: Cohort
    seeds: tuple[int, ...]
    folder: Path
    say: Callable[[str], None] = print
    pictures: dict[str, Picture] = field(default_factory=dict)

    def trained(
        self,
        name: str,
        seed: int,
        *,
        recipe: Recipe | None = None,
        cohort: Cohort | None = None,
        validation: Cohort | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Run:
        """Return a run of the recipe with ``settings`` laid over it, in ``runs/NAME-SEED``.

        ``recipe`` and ``cohort`` stand for the bench's own. Without ``validation`` the last
        checkpoint counts, so that every method has the same number of steps. A run that is finished
        is used again; one that was interrupted goes on.
        """
        base = (recipe or self.recipe).model_dump(mode="json")
        wanted = resolve(merged(base, {**(settings or {}), "seed": seed}))
        cases = self.train if cohort is None else cohort
        self.say(f"{name}, seed {seed}: {wanted.training.steps} steps on {len(cases)} cases")
        out = self.folder / "runs" / f"{name.replace(' ', '_')}-{seed}"
        return session.train(wanted, cases, out, validation=validation, resume=True)

    def kept(self, name: str, make: Callable[[], Any], *of: object) -> Any:
        """Return ``make()``, a JSON value, made once and kept in the folder.

        ``of`` is what the value depends on beside the bench's cohorts and recipe.
        """
        parts = (self.train, self.validation, self.test)
        seen = [part.fingerprint for part in parts]
        key = fingerprint(self.recipe.model_dump(mode="json"), seen, *of)
        path = self.folder / "kept" / f"{name.replace(' ', '_')}.json"
        if path.is_file():
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["key"] == key:
                return found["value"]
        value = make()
        write_json(path, {"key": key, "value": value})
        return value


def divided(cohort: Cohort, *, seed: int = 0) -> dict[str, Cohort]:
    """Return the parts of a cohort: by its ``split`` column, else by patient, drawn by the seed.

    Raises:
        BadInputError: a split column that lacks "train" or "test", patients in two parts, or too
            few patients.
    """
    if "split" not in cohort.table:
        return dict(cohort.split(SHARES, seed=seed))
    there = set(cohort.table["split"])
    for part in ("train", "test"):
        if part not in there:
            raise BadInputError(
                f'{cohort.origin}: the split column has no "{part}" case. A study needs "train" '
                'and "test" (and takes "validation" from "train" where it is missing).'
            )
    named = {part: cohort.select(f"split == '{part}'") for part in PARTS if part in there}
    if "validation" not in there:
        shares = {"train": 0.8, "validation": 0.2}
        named.update(named["train"].split(shares, seed=seed))
    check_disjoint(named)
    return named
