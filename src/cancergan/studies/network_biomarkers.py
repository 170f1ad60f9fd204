"""Prognostic genes by PageRank in a network of synthetic patients, against that of real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatch

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.marginals import correlations
from cancergan.core.pictures import Picture, captioned
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.classification import auc
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.training.synthesis import synthesise

SYNTHETIC, REAL = "PageRank, synthetic patients", "PageRank, real patients"
SINGLE, RANDOM = "genes one by one", "genes at random"

Codes = npt.NDArray[np.int64]


class NetworkBiomarkersSettings(StudySettings):
    """How genes are ranked.

    Attributes:
        genes: pattern of the columns of the genes.
        top: how many are taken.
        edge: two genes are joined where their correlation is at least so far from 0, by so much.
        damping: of PageRank: how much is passed on along edges rather than begun with.
        made: synthetic patients a seed, half of either outcome.
    """

    genes: str = "gene_*"
    top: int = Field(default=8, ge=1)
    edge: float = Field(default=0.3, gt=0, lt=1)
    damping: float = Field(default=0.5, gt=0, lt=1)
    made: int = Field(default=600, ge=10)


@studies.register("network_biomarkers")
class NetworkBiomarkersStudy(Study[NetworkBiomarkersSettings]):
    """Genes that foretell the outcome, found in different ways, asked about held-out patients.

    Each way ranks genes on the training patients or on what was made of them; the first ``top`` go
    into a logistic regression that learns from the real training patients. A gene begins with its
    standardised difference between the outcomes, and PageRank passes it on to its neighbours.
    """

    schema = NetworkBiomarkersSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the label."""
        return ("label",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return PageRank on synthetic patients, and three ways without them."""
        return (
            Method(SYNTHETIC, "network and differences of synthetic patients"),
            Method(REAL, "network and differences of the training patients", True, 0),
            Method(SINGLE, "differences of the training patients, no network", True, 0),
            Method(RANDOM, "as many genes drawn by the seed", True, 0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train, rank genes every way for each seed, and foretell the test patients' outcome."""
        classes = bench.train.classes
        if len(classes) != 2:
            raise BadInputError(
                f"{bench.train.origin}: the label has {len(classes)} values, "
                f"{', '.join(classes)}; prognosis needs two. Select the cases of two."
            )
        names = self._genes(bench.train)
        train, test = (_rows(part, names, classes) for part in (bench.train, bench.test))
        chosen: dict[str, list[list[int]]] = {m.name: [] for m in self.methods(bench.recipe)}
        for seed in bench.seeds:
            run = bench.trained(SYNTHETIC, seed)
            cohort = synthesise(run, self.settings.made, condition="balanced", seed=seed)
            made = _rows(cohort, names, classes)
            drawn = numpy_generator(seed, "genes").permutation(len(names))
            chosen[SYNTHETIC].append(self._ranked(*made))
            chosen[REAL].append(self._ranked(*train))
            chosen[SINGLE].append(_first(differences(*train), self.settings.top))
            chosen[RANDOM].append(drawn[: self.settings.top].tolist())
            if "correlations" not in bench.pictures:
                bench.pictures["correlations"] = _picture(train[0], made[0])
        units = bench.test.table["patient_id"].astype(str).tolist()
        outcomes = [_auc(name, seeds, train, test, units) for name, seeds in chosen.items()]
        notes = self._notes(bench, chosen, names)
        return Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=notes
        )

    def _genes(self, cohort: Cohort) -> list[str]:
        """Return the names of the genes' columns.

        Raises:
            BadInputError: fewer than are to be taken.
        """
        pattern, top = self.settings.genes, self.settings.top
        names = [str(name) for name in cohort.table.columns if fnmatch(str(name), pattern)]
        if len(names) <= top:
            raise BadInputError(
                f'{cohort.origin}: {len(names)} columns are called "{pattern}", and study.top is '
                f"{top}. Set study.genes to the names of the genes' columns, or take fewer."
            )
        return names

    def _ranked(self, rows: Values, codes: Codes) -> list[int]:
        """Return the first genes by PageRank in their own network."""
        with np.errstate(invalid="ignore", divide="ignore"):  # a gene may be constant
            strength = np.abs(np.nan_to_num(np.corrcoef(rows, rowvar=False)))
        np.fill_diagonal(strength, 0.0)
        network = np.where(strength >= self.settings.edge, strength, 0.0)
        ranks = page_rank(network, differences(rows, codes), damping=self.settings.damping)
        return _first(ranks, self.settings.top)

    def _notes(
        self, bench: Bench, chosen: Mapping[str, Sequence[Sequence[int]]], names: list[str]
    ) -> list[str]:
        """Return which genes were taken, and how many are right where that is known."""
        notes = []
        truth = bench.train.provenance.get("truth", {}).get("informative")
        for name, seeds in chosen.items():
            said = f"{name}: {', '.join(names[gene] for gene in seeds[0])}"
            if truth:
                right = np.mean([[names[gene] in truth for gene in seed] for seed in seeds])
                said += f"; {right:.2f} of all taken are among the {len(truth)} that matter"
            notes.append(f"{said}.")
        return notes


def page_rank(network: npt.ArrayLike, start: npt.ArrayLike, *, damping: float) -> Values:
    """Return the personalised PageRank (n,) of the nodes of a weighted graph (n, n), sum 1.

    ``start`` is what each node begins with, in proportion (Page et al. 1999).
    """
    import networkx

    graph = networkx.from_numpy_array(np.asarray(network, float))
    begin = dict(enumerate(np.maximum(np.asarray(start, float), 1e-12).tolist()))
    ranks = networkx.pagerank(graph, alpha=damping, personalization=begin, dangling=begin)
    return np.array([ranks[node] for node in range(len(begin))])


def differences(rows: Values, codes: Codes) -> Values:
    """Return how far the outcomes (0 and 1) lie apart in every gene, in standard deviations."""
    one, other = rows[codes == 0], rows[codes == 1]
    spread = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 2)
    return np.asarray(np.abs(one.mean(axis=0) - other.mean(axis=0)) / np.maximum(spread, 1e-9))


def _first(scores: Values, top: int) -> list[int]:
    return [int(gene) for gene in np.argsort(-scores, kind="stable")[:top]]


def _rows(cohort: Cohort, names: list[str], classes: Sequence[str]) -> tuple[Values, Codes]:
    codes = [list(classes).index(str(name)) for name in cohort.table["label"]]
    return cohort.table[names].to_numpy(float), np.array(codes, np.int64)


def _auc(
    name: str,
    seeds: Sequence[Sequence[int]],
    train: tuple[Values, Codes],
    test: tuple[Values, Codes],
    units: list[str],
) -> Outcome:
    """Return how the genes of each seed tell the outcome of the test patients."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    said = []
    for genes in seeds:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
        model.fit(train[0][:, genes], train[1])
        said.append(model.predict_proba(test[0][:, genes]))
    truth = np.broadcast_to(test[1][None, :, None], (len(seeds), len(test[1]), 1))
    values = np.concatenate([np.stack(said), truth], axis=2)
    strata = test[1].tolist()
    return Outcome(name, "auc", values, units, "higher", statistic=_area, strata=strata)


def _area(values: Values) -> float:
    return auc(values[:, -1].astype(np.int64), values[:, :-1])


def _picture(real: Values, made: Values) -> Picture:
    return captioned({"real": correlations(real), "synthetic": correlations(made)})
