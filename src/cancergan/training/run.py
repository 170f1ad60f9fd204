"""A run folder: the complete record of one game played, and the way back to its networks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cancergan.cohort import Cohort
from cancergan.cohort.columns import IMAGE, Column
from cancergan.cohort.identity import patient_fingerprints
from cancergan.cohort.preparation import Preparation
from cancergan.core.errors import BadInputError
from cancergan.core.files import read_json, write_json, write_text
from cancergan.core.provenance import environment
from cancergan.games.base import Game, ImageShape
from cancergan.recipes.loader import build_game, resolve
from cancergan.recipes.schema import Recipe
from cancergan.training import checkpoints
from cancergan.training.averaging import keep_averages

PRIVACY_RECORD = "privacy.json"


@dataclass(frozen=True)
class TrainedOn:
    """What the run knows of its cohort: enough to check and to invert, nothing to identify.

    ``patients`` are ``patient_fingerprints``; ``prevalence`` is each class's share; ``spacing`` is
    the prepared cases' median, in millimetres; ``columns`` are those of images that the game reads,
    "image" among them; ``patch`` is the size of the parts that it sees, where not the whole;
    ``validation`` is the fingerprint of the cases that chose among the checkpoints; ``sites`` names
    the hospitals of a federated run, which knows no patients.
    """

    fingerprint: str
    cases: int
    patients: tuple[str, ...]
    classes: tuple[str, ...]
    prevalence: tuple[float, ...]
    spacing: tuple[float, ...]
    columns: Mapping[str, Column]
    patch: tuple[int, ...] | None = None
    validation: str | None = None
    sites: tuple[str, ...] = ()

    @property
    def preparation(self) -> Preparation:
        """How the images that the game makes became arrays, and how they become images again."""
        return self.columns[IMAGE].preparation

    @property
    def shape(self) -> ImageShape:
        """What a game is told of the data."""
        parts = {name: self._part(column) for name, column in self.columns.items()}
        image = parts.pop(IMAGE)
        return ImageShape(image.channels, image.spatial, self.classes, parts)

    def _part(self, column: Column) -> ImageShape:
        spatial = column.preparation.spatial
        if self.patch is not None:
            spatial = tuple(side // column.view.reduce for side in self.patch)
        return ImageShape(column.preparation.channels, spatial)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON."""
        columns = {name: column.to_json() for name, column in self.columns.items()}
        return {**vars(self), "columns": columns}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> TrainedOn:
        """Rebuild the record from its JSON."""
        lists = {key: tuple(value) for key, value in record.items() if isinstance(value, list)}
        columns = {name: Column.from_json(value) for name, value in record["columns"].items()}
        return cls(**{**record, **lists, "columns": columns})


@dataclass(frozen=True)
class Run:
    """One run folder: its recipe, what it was trained on, and where its parts lie."""

    path: Path
    recipe: Recipe
    trained_on: TrainedOn

    @property
    def checkpoints(self) -> Path:
        """The folder of weights and state."""
        return self.path / "checkpoints"

    @property
    def samples(self) -> Path:
        """The folder of sample grids."""
        return self.path / "samples"

    @classmethod
    def create(cls, path: Path, recipe: Recipe, trained_on: TrainedOn) -> Run:
        """Begin a new run folder.

        Raises:
            BadInputError: there is something at ``path`` already.
        """
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise BadInputError(
                f"{path}: exists already. Go on with it (--resume), or choose another --out."
            )
        run = cls(path, recipe, trained_on)
        write_json(path / "cohort.json", trained_on.to_json())
        write_json(path / "environment.json", environment())
        run.write_recipe()
        return run

    def write_recipe(self) -> None:
        """Write the resolved recipe; its presence makes the folder a run."""
        values = self.recipe.model_dump(mode="json")
        write_text(self.path / "recipe.yaml", yaml.safe_dump(values, sort_keys=False))

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Open a run folder.

        Raises:
            BadInputError: it is not one, or its record is damaged.
        """
        path = Path(path)
        if not (path / "recipe.yaml").is_file():
            raise BadInputError(f"{path}: is not a run folder (no recipe.yaml). Check the path.")
        values = yaml.safe_load((path / "recipe.yaml").read_text(encoding="utf-8"))
        record = read_json(path / "cohort.json")
        return cls(path, resolve(values), TrainedOn.from_json(record))

    @property
    def step(self) -> int:
        """The step whose weights synthesis uses."""
        state = checkpoints.read_state(self.checkpoints)
        step: int = state["best"]["step"] if "best" in state else state["step"]
        return step

    @property
    def privacy(self) -> dict[str, Any] | None:
        """The budget and what was spent of it; None where the training was not private."""
        path = self.path / PRIVACY_RECORD
        return read_json(path) if path.is_file() else None

    def require_unseen(self, cohort: Cohort) -> None:
        """Check that the run was trained on none of a cohort's patients.

        Raises:
            BadInputError: it was; says on how many.
        """
        shared = set(patient_fingerprints(cohort)) & set(self.trained_on.patients)
        if shared:
            raise BadInputError(
                f"{self.path}: was trained on {len(shared)} patients of these cases. Compare on "
                "others."
            )

    def has_checkpoint(self) -> bool:
        """Say whether there is a state to synthesise from or to resume."""
        return (self.checkpoints / "state.json").is_file()

    def game(self) -> Game:
        """Return the trained game, on the CPU, networks set to evaluate.

        Its weights are those of the best validation estimate, where the run had validation cases.

        Raises:
            BadInputError: the run has no checkpoint yet, or its weights are damaged.
        """
        if not self.has_checkpoint():
            raise BadInputError(f"{self.path}: has no checkpoint yet. Train it first.")
        game = build_game(self.recipe, self.trained_on.shape)
        keep_averages(game)
        checkpoints.load_game(self.checkpoints, game, best=True)
        for player in game.players.values():
            player.best.eval()
        return game

    def metrics(self) -> list[dict[str, Any]]:
        """Return the records of ``metrics.jsonl``; a line cut off by a kill is left out."""
        path = self.path / "metrics.jsonl"
        records = []
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError:
                break  # the writer was killed in mid-line; nothing valid follows
        return records
