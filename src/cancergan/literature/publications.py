"""The publications of the review's Tables 2 to 6, each with the family of recipes that it is of."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from cancergan.core.errors import BadInputError, unknown

# What people call a modality, and what the review's tables call it.
OTHER_NAMES = {
    "mammography": "mmg",
    "ultrasound": "us",
    "mr": "mri",
    "skin": "dermoscopy",
    "pathology": "histopathology",
    "histology": "histopathology",
}
LOWER_IS_BETTER = ("error", "rmse")


@dataclass(frozen=True)
class Publication:
    """One row of the review's tables.

    Attributes:
        id: author, year and method in one word.
        table, section: of the review; ``references`` are its numbers there.
        author, year, method: who, when, and what they call it.
        dataset, public: on which data, and whether anybody may have it ("yes", "no", "mixed").
        modalities, anatomies: one or several; organs are inferred from the row and its section.
        task: as the table says.
        metric, without, with_gan: the figure that the table prints, and its two values as printed.
        architectures: families of networks.
        notes: what else the review says.
        recipe, recipe_name: the family that it is an instance of ("R02").
        parameters: what sets it apart within the family.
    """

    id: str
    table: int
    section: str
    author: str
    year: int
    references: str
    method: str
    dataset: str
    public: str
    modalities: tuple[str, ...]
    anatomies: tuple[str, ...]
    task: str
    metric: str
    without: str
    with_gan: str
    architectures: tuple[str, ...]
    notes: str
    recipe: str
    recipe_name: str
    parameters: str

    @property
    def gain(self) -> float | None:
        """What the network added, in the metric's unit and positive where better; None unsaid."""
        try:
            gain = float(self.with_gan) - float(self.without)
        except ValueError:
            return None
        worse_if_higher = any(word in self.metric.lower() for word in LOWER_IS_BETTER)
        return round(-gain if worse_if_higher else gain, 6)

    @property
    def runs(self) -> bool:
        """Whether its family is among the recipes that ``cancergan run`` runs today."""
        return self.recipe in recipes_that_run()

    def to_json(self) -> dict[str, object]:
        """Return the publication as a JSON object."""
        lists = {key: list(v) if isinstance(v, tuple) else v for key, v in vars(self).items()}
        return {**lists, "gain": self.gain, "runs": self.runs}


@cache
def publications() -> tuple[Publication, ...]:
    """Return all publications, in the order of the review's tables."""
    families = {row["publication_id"]: row for row in _rows("families.csv")}
    return tuple(_publication(row, families[row["id"]]) for row in _rows("publications.csv"))


def publication(name: str) -> Publication:
    """Return one publication by its id.

    Raises:
        BadInputError: there is none; names the nearest.
    """
    by_id = {one.id: one for one in publications()}
    if name not in by_id:
        near = get_close_matches(name, by_id, n=5, cutoff=0.3) or sorted(by_id)[:5]
        raise unknown("publication", name, near)
    return by_id[name]


def select(
    *,
    modality: str | None = None,
    task: str | None = None,
    anatomy: str | None = None,
    recipe: str | None = None,
    since: int | None = None,
    until: int | None = None,
) -> tuple[Publication, ...]:
    """Return the publications that match every given condition.

    Args:
        modality: one of the tables' words, or a common other one ("mammography").
        task: part of the task, the section or the family's name ("segment" finds segmenters).
        anatomy: part of the organ's name.
        recipe: a family's id ("R02") or name.
        since, until: years, both included.

    Raises:
        BadInputError: a modality or recipe that no publication has; names the nearest.
    """
    found: list[Publication] = list(publications())
    if modality is not None:
        wanted = OTHER_NAMES.get(modality.lower(), modality.lower())
        known = {name.lower() for one in found for name in one.modalities}
        if wanted not in known:
            raise unknown("modality", modality, sorted(known))
        found = [one for one in found if wanted in map(str.lower, one.modalities)]
    if recipe is not None:
        known = {name for one in publications() for name in (one.recipe, one.recipe_name)}
        if recipe not in known:
            raise unknown("recipe", recipe, sorted(known))
        found = [one for one in found if recipe in (one.recipe, one.recipe_name)]
    if task is not None:
        found = [one for one in found if _means(task, one)]
    if anatomy is not None:
        found = [one for one in found if any(anatomy.lower() in a for a in one.anatomies)]
    return tuple(one for one in found if (since or one.year) <= one.year <= (until or one.year))


@cache
def recipes_that_run() -> frozenset[str]:
    """Return the ids of the families that a recipe of the library has a study for."""
    from cancergan.recipes.loader import read_recipe, recipe_names

    recipes = map(read_recipe, recipe_names())
    return frozenset(str(r["id"]) for r in recipes if r.get("id") and r.get("study"))


def _means(task: str, one: Publication) -> bool:
    # "segmentation" shall find "segmenter" too: words are compared by their first letters.
    stem = task.lower().removesuffix("ation").removesuffix("ion")
    texts = (one.task, one.section, one.recipe_name.replace("_", " "), one.notes)
    return any(stem in text.lower() for text in texts)


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("cancergan.literature").joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _publication(row: dict[str, str], family: dict[str, str]) -> Publication:
    try:
        return Publication(
            id=row["id"],
            table=int(row["table"]),
            section=row["section"],
            author=row["first_author"],
            year=int(row["year"]),
            references=row["ref_numbers"],
            method=row["method"],
            dataset=row["dataset"],
            public=row["dataset_public"],
            modalities=_parts(row["modality"]),
            anatomies=_parts(row["anatomy"]),
            task=row["task"],
            metric=row["metric_name"],
            without=row["metric_without_gan"],
            with_gan=row["metric_with_gan"],
            architectures=_parts(row["architecture_family"]),
            notes=row["notes"],
            recipe=family["recipe_id"],
            recipe_name=family["recipe_name"],
            parameters=family["parameters"],
        )
    except (KeyError, ValueError) as error:
        raise BadInputError(f'publication "{row.get("id")}": not readable ({error}).') from None


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
