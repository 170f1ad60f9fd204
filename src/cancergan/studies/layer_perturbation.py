"""What shaken records are still good for, and whose they still are, beside plain Laplace noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.cohort.columns import IMAGE, Column
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator, torch_generator
from cancergan.downstream.tasks import Classification, Examples
from cancergan.games.layer_perturbation import LayerPerturbation
from cancergan.metrics.classification import auc
from cancergan.metrics.distances import nearest
from cancergan.metrics.identifiability import identifiable
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.drawings import line_plot
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.training.run import Run

REAL = "real records"
_LONGEST = 64.0  # standard deviations: beyond it, noise in [-1, 1] changes nothing any more
Rows = npt.NDArray[np.float32]


class LayerPerturbationStudySettings(StudySettings):
    """``noises`` are the scales at which layers are shaken; ``steps`` are those of a classifier."""

    noises: tuple[float, ...] = Field(default=(0.0, 1.0, 3.0, 10.0), min_length=1)
    steps: int = Field(default=300, ge=1)


def shaken(noise: float) -> str:
    """Return the name of records from a generator that is shaken so much."""
    return f"layers x {noise:g}"


def laplace(noise: float) -> str:
    """Return the name of records moved as far by Laplace noise."""
    return f"Laplace, as far as layers x {noise:g}"


@dataclass(frozen=True, eq=False)
class _Table:
    """A part of the cohort as networks see it: rows (n, d) in [-1, 1], class codes, patients."""

    rows: Rows
    codes: npt.NDArray[np.int64]
    patients: tuple[str, ...]


@studies.register("layer_perturbation")
class LayerPerturbationStudy(Study[LayerPerturbationStudySettings]):
    """Held-out patients told apart by classifiers that learnt on records made unlike themselves."""

    schema = LayerPerturbationStudySettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the label."""
        return ("label",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return real records, and for each scale both ways to change them equally far."""
        found = [Method(REAL, "the training records as they are", True, trainings=0)]
        for number, noise in enumerate(self.settings.noises):
            words = f"each made from one real record, layers shaken by {noise:g} deviations"
            found.append(Method(shaken(noise), words, trainings=int(number == 0)))
            words = "Laplace noise on every column, of equal root mean square change"
            found.append(Method(laplace(noise), words, True, trainings=0))
        return tuple(found)

    def run(self, bench: Bench) -> Evidence:
        """Train one generator a seed; share its records at each scale, and judge who gets them."""
        made: dict[str, list[Rows]] = {method.name: [] for method in self.methods(bench.recipe)}
        for seed in bench.seeds:
            run = bench.trained("generator", seed)
            column = run.trained_on.columns[IMAGE]
            train, test = (_table(part, column) for part in (bench.train, bench.test))
            made[REAL].append(train.rows)
            for noise in self.settings.noises:
                rows = _perturbed(run, train.rows, noise, seed)
                made[shaken(noise)].append(rows)
                made[laplace(noise)].append(_laplace(train.rows, rows, seed))
        outcomes: list[Outcome] = []
        for name, found in made.items():
            outcomes.append(self._useful(name, found, train, test, bench))
            if name != REAL:
                outcomes += _given_away(name, found, train)
        evidence = Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=_notes(made, train)
        )
        bench.pictures["by_noise"] = self._curve(evidence)
        return evidence

    def _useful(
        self, name: str, made: list[Rows], train: _Table, test: _Table, bench: Bench
    ) -> Outcome:
        """Return the AUC on test patients of classifiers that learnt on made records."""
        task = Classification(len(bench.train.classes))
        found = []
        for seed, rows in zip(bench.seeds, made, strict=True):
            network = task.train(
                Examples(rows, train.codes), steps=self.settings.steps, seed=seed,
                augmentation="none",
            )  # fmt: skip
            chances = task.predict(network, test.rows)
            found.append(np.concatenate([chances, test.codes[:, None]], axis=1))
        return Outcome(name, "auc", np.stack(found), test.patients, "higher", statistic=_area,
                       strata=test.codes.tolist())  # fmt: skip

    def _curve(self, evidence: Evidence) -> npt.NDArray[np.uint8]:
        names = {kind(n): (words, n) for n in self.settings.noises
                 for kind, words in ((shaken, "layers"), (laplace, "Laplace"))}  # fmt: skip
        lines: dict[str, list[tuple[float, float, float, float]]] = {}
        for figure in evidence.figures:
            found = figure.estimate
            if figure.method in names and found.name in ("auc", "linked"):
                words, noise = names[figure.method]
                low = found.value if found.low is None else found.low
                high = found.value if found.high is None else found.high
                point = (noise, found.value, low, high)
                lines.setdefault(f"{found.name}, {words}", []).append(point)
        return line_plot(lines, x="layer noise, and Laplace noise as far", y="AUC, share linked")


def _table(cohort: Cohort, column: Column) -> _Table:
    prepared = prepare(column.of(cohort), column.preparation)
    codes = [cohort.classes.index(str(name)) for name in cohort.table["label"]]
    return _Table(np.asarray(prepared.images), np.array(codes, np.int64), prepared.patient_ids)


def _perturbed(run: Run, rows: Rows, noise: float, seed: int) -> Rows:
    game = run.game()
    if not isinstance(game, LayerPerturbation):
        raise BadInputError(f"{run.path}: its layers are not shaken. Train R27.")
    generator = torch_generator(seed, "shaken", noise)
    return game.perturbed(torch.from_numpy(rows), noise, generator).numpy()


def _laplace(rows: Rows, like: Rows, seed: int) -> Rows:
    """Return rows with Laplace noise, cut to [-1, 1], that changes them as far as ``like`` is.

    The scale is found by halving, since what is cut off does not count.
    """
    drawn = numpy_generator(seed, "laplace").laplace(size=rows.shape)
    wanted = float(np.square(like - rows).mean())
    low, high = 0.0, _LONGEST
    for _ in range(40):
        scale = (low + high) / 2
        moved = np.clip(rows + scale * drawn, -1, 1).astype(np.float32)
        if float(np.square(moved - rows).mean()) < wanted:
            low = scale
        else:
            high = scale
    return moved


def _given_away(name: str, made: list[Rows], train: _Table) -> list[Outcome]:
    """Return how many made records lie nearest to the one they come from, and how like they are."""
    linked = [
        (nearest(rows.astype(np.float64), train.rows.astype(np.float64))[1] == np.arange(len(rows)))
        for rows in made
    ]
    found = [identifiable(train.rows, rows) for rows in made]
    pairs = np.stack([np.stack([rows, train.rows], axis=2) for rows in made]).astype(np.float64)
    return [
        Outcome(name, "linked", np.stack(linked).astype(np.float64), train.patients, "lower",
                space="records"),
        Outcome(name, "correlation", pairs, train.patients, "neither", statistic=_correlation,
                space="records"),
        Outcome(name, "identifiability", np.stack(found).astype(np.float64), train.patients,
                "lower", space="records"),
    ]  # fmt: skip


def _area(values: Values) -> float:
    return auc(values[:, -1].astype(np.int64), values[:, :-1])


def _correlation(values: Values) -> float:
    """Return the mean correlation of a column with what it was, of pairs (n, d, 2)."""
    away = values - values.mean(axis=0)
    size = np.sqrt(np.square(away).sum(axis=0))
    product = (away[..., 0] * away[..., 1]).sum(axis=0)
    there = size.min(axis=1) > 0
    return float((product[there] / size[there].prod(axis=1)).mean()) if there.any() else 0.0


def _notes(made: dict[str, list[Rows]], train: _Table) -> list[str]:
    far = ", ".join(
        f"{name} {np.sqrt(np.mean([np.square(rows - train.rows).mean() for rows in found])):.3f}"
        for name, found in made.items()
        if name.startswith("layers")
    )
    return [
        "Nothing here is a guarantee: a shaken record is still made from one real record, and "
        "somebody who knows more than a nearest neighbour may link it. Only a budget (R25) bounds "
        "that.",
        f"Root mean square change of a value in [-1, 1]: {far}. linked: share of records whose "
        f"nearest real one is the one that they were made from; {1 / len(train.rows):.4f} by lot.",
    ]
