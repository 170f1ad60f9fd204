"""Features that a GAN learnt without labels: neighbours and a linear probe, beside older ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from cancergan.anomaly_detection import prepared_images
from cancergan.downstream.radiomics_space import RadiomicsSpace
from cancergan.downstream.retrieval import Neighbours, linear_probe, nearest, precision_at_k
from cancergan.recipes.schema import Recipe
from cancergan.similarity_search import features_of, picture
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome, Values
from cancergan.training.run import Run

Float32 = npt.NDArray[np.float32]
Features = tuple[Values, Values]  # of the known cases and of the queries
PRINCIPAL, RADIOMICS, UNTRAINED = "PCA", "radiomics", "untrained"
_SHOWN = 6


class SimilaritySettings(StudySettings):
    """``spaces`` of the run are compared; neighbours are the ``k`` nearest of other patients."""

    spaces: tuple[Literal["latent", "discriminator"], ...] = ("latent", "discriminator")
    k: int = Field(default=5, ge=1)
    components: int = Field(default=32, ge=1)


@studies.register("similarity")
class SimilarityStudy(Study[SimilaritySettings]):
    """Neighbours of held-out cases among the training cases, and a probe of what features hold."""

    schema = SimilaritySettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the classes by which neighbours are judged; no method learns them."""
        return ("label",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the run's spaces, and features that need no network or no training."""
        words = {
            "latent": "where the encoder points in the generator's latent space",
            "discriminator": "what the discriminator's layers see",
        }
        chosen = self.settings.spaces
        return (
            *(
                Method(space, words[space], trainings=int(space == chosen[0]))
                for space in self.settings.spaces
            ),
            Method(
                PRINCIPAL, f"{self.settings.components} principal components", True, trainings=0
            ),
            Method(RADIOMICS, "radiomic features of the whole image", True, trainings=0),
            Method(UNTRAINED, "the same networks after a single step", True, trainings=1),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train without labels, look up every test case among the training cases, and probe."""
        found: dict[str, list[Features]] = {}
        known = asked = None
        for seed in bench.seeds:
            run = bench.trained("run", seed)
            fresh = bench.trained("untrained", seed, settings={"training": {"steps": 1}})
            if known is None or asked is None:
                known, asked = (prepared_images(run, part) for part in (bench.train, bench.test))
            for space in self.settings.spaces:
                found.setdefault(space, []).append(_both(run, known, asked, space))
            space = self.settings.spaces[-1]
            found.setdefault(UNTRAINED, []).append(_both(fresh, known, asked, space))
        assert known is not None
        assert asked is not None
        found[PRINCIPAL] = [_principal(known, asked, self.settings.components)]
        found[RADIOMICS] = [_radiomics(known, asked)]
        outcomes = []
        for name, seeds in found.items():
            outcomes += self._outcomes(name, seeds, bench)
        for name, seeds in found.items():
            neighbours = self._neighbours(seeds[0], bench)
            shown = range(0, len(asked), max(1, len(asked) // _SHOWN))[:_SHOWN]
            bench.pictures[f"neighbours, {name}"] = picture(asked, known, neighbours, shown)
        return Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=[self._note(bench)]
        )

    def _note(self, bench: Bench) -> str:
        shares = bench.train.table["label"].value_counts(normalize=True)
        chance = float((bench.test.table["label"].map(shares).fillna(0)).mean())
        return (
            f"Neighbours drawn by chance would have a precision of {chance:.2f}. Queries are the "
            "test cases; the known cases are those of the training part."
        )

    def _neighbours(self, features: Features, bench: Bench) -> Neighbours:
        known, asked = features
        return nearest(
            asked, known, self.settings.k,
            query_units=bench.test.table["patient_id"].astype(str).tolist(),
            known_units=bench.train.table["patient_id"].astype(str).tolist(),
        )  # fmt: skip

    def _outcomes(self, name: str, seeds: list[Features], bench: Bench) -> list[Outcome]:
        labels = bench.train.table["label"].astype(str).tolist()
        truth = bench.test.table["label"].astype(str).tolist()
        units = bench.test.table["patient_id"].astype(str).tolist()
        near = [precision_at_k(self._neighbours(seed, bench), truth, labels) for seed in seeds]
        hits = [linear_probe(seed[0], labels, seed[1]) == np.array(truth) for seed in seeds]
        codes = np.unique(truth, return_inverse=True)[1]
        probed = np.stack(
            [np.stack([hit.astype(float), codes.astype(float)], axis=1) for hit in hits]
        )
        return [
            Outcome(
                name, f"precision_at_{self.settings.k}", np.stack(near), units, "higher",
                space="neighbours",
            ),
            Outcome(
                name, "balanced_accuracy", probed, units, "higher", _balanced,
                space="linear probe", strata=truth,
            ),
        ]  # fmt: skip


def _balanced(values: Values) -> float:
    hits, codes = values[:, 0], values[:, 1]
    return float(np.mean([hits[codes == code].mean() for code in np.unique(codes)]))


def _both(run: Run, known: Float32, asked: Float32, space: str) -> Features:
    return features_of(run, known, space), features_of(run, asked, space)


def _principal(known: Float32, asked: Float32, components: int) -> Features:
    from sklearn.decomposition import PCA

    flat = known.reshape(len(known), -1)
    space = PCA(min(components, len(known) - 1), svd_solver="full", whiten=True).fit(flat)
    given: Callable[[Float32], Values] = space.transform
    return given(flat), given(asked.reshape(len(asked), -1))


def _radiomics(known: Float32, asked: Float32) -> Features:
    space = RadiomicsSpace()
    seen = space.features(known)
    varying = space.without_constant(seen)
    return varying.features(known), varying.features(asked)
