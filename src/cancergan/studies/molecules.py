"""Fingerprints of active compounds, generated, against bits drawn apart and known compounds."""

from __future__ import annotations

from fnmatch import fnmatch

import numpy as np
from pydantic import Field

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.fingerprints import Bits, bits, implications, keeps, tanimoto
from cancergan.recipes.schema import Recipe
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.bench import Bench
from cancergan.studies.evidence import Evidence, Outcome
from cancergan.training.synthesis import synthesise

GENERATED, APART = "generated", "bits drawn apart"
ANY, KNOWN = "any training compound", "training actives again"
_SHOWN = 40


class MoleculesSettings(StudySettings):
    """Which columns are bits, what is sought, and how many fingerprints are made.

    Attributes:
        bits: pattern of the columns of the fingerprint.
        sought: the label of compounds that are wanted.
        made: how many fingerprints every method gives.
    """

    bits: str = "bit_*"
    sought: str = "active"
    made: int = Field(default=300, ge=2)


@studies.register("molecules")
class MoleculesStudy(Study[MoleculesSettings]):
    """Made fingerprints beside a library of compounds that no method has seen.

    ``hit_rate`` is the share whose nearest compound of that library, by Tanimoto's coefficient, is
    active; ``keeps_rules`` the share that breaks none of the implications between bits that hold
    for all training compounds; ``new`` the share that no training compound equals. ``found`` is of
    each active compound of the library: how near the nearest made fingerprint comes to it.
    """

    schema = MoleculesSettings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the label."""
        return ("label",)

    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the generator and three ways without a network."""
        return (
            Method(GENERATED, "the recipe, asked for actives"),
            Method(APART, "each bit by its frequency among the training actives", True, 0),
            Method(ANY, "training compounds of every kind, drawn with replacement", True, 0),
            Method(KNOWN, "training actives, drawn with replacement: nothing is new", True, 0),
        )

    def run(self, bench: Bench) -> Evidence:
        """Train, generate for each seed, draw the baselines, and look them up in the library."""
        known, library = self._bits(bench.train), self._bits(bench.test)
        sought = [self._sought(part) for part in (bench.train, bench.test)]
        rules, actives = implications(known), known[sought[0]]
        made: dict[str, list[Bits]] = {m.name: [] for m in self.methods(bench.recipe)}
        for seed in bench.seeds:
            run = bench.trained(GENERATED, seed)
            drawn = synthesise(run, self.settings.made, condition=self.settings.sought, seed=seed)
            made[GENERATED].append(self._bits(drawn))
            random = numpy_generator(seed, "molecules")
            chances = random.random((self.settings.made, known.shape[1]))
            made[APART].append(chances < actives.mean(axis=0))
            made[ANY].append(known[random.integers(len(known), size=self.settings.made)])
            made[KNOWN].append(actives[random.integers(len(actives), size=self.settings.made)])
        outcomes = [
            one
            for name, seeds in made.items()
            for one in self._outcomes(name, seeds, known, library, sought[1], rules)
        ]
        bench.pictures["fingerprints"] = _picture(actives, {k: v[0] for k, v in made.items()})
        note = (
            f"{sought[1].mean():.2f} of the {len(library)} compounds of the library are "
            f"{self.settings.sought}; {int(rules.sum())} implications between bits hold for all "
            f"{len(known)} training compounds. A unit of hit_rate, keeps_rules and new is a made "
            "fingerprint, of found a compound. Whether a fingerprint is that of a molecule nobody "
            "can read off its bits."
        )
        return Evidence.of(
            self.methods(bench.recipe), outcomes, seed=bench.recipe.seed, notes=[note]
        )

    def _bits(self, cohort: Cohort) -> Bits:
        """Return the fingerprints of a cohort, (n, bits).

        Raises:
            BadInputError: no such columns, or values other than 0 and 1.
        """
        pattern = self.settings.bits
        names = [str(name) for name in cohort.table.columns if fnmatch(str(name), pattern)]
        if not names:
            raise BadInputError(
                f'{cohort.origin}: no column is called "{pattern}". Set study.bits to the names of '
                "the fingerprint's columns."
            )
        return bits(cohort.table[names].to_numpy())

    def _sought(self, cohort: Cohort) -> Bits:
        found = np.asarray(cohort.table["label"] == self.settings.sought, bool)
        if not found.any() or found.all():
            raise BadInputError(
                f"{cohort.origin}: {int(found.sum())} of {len(found)} compounds are "
                f'"{self.settings.sought}"; some and not all have to be. Set study.sought to the '
                "label that is wanted."
            )
        return found

    def _outcomes(
        self, name: str, seeds: list[Bits], known: Bits, library: Bits, sought: Bits, rules: Bits
    ) -> list[Outcome]:
        alike = [tanimoto(one, library) for one in seeds]
        hits = np.array([sought[near.argmax(axis=1)] for near in alike], float)
        kept = np.array([keeps(one, rules) for one in seeds], float)
        new = np.array([tanimoto(one, known).max(axis=1) < 1 for one in seeds], float)
        found = np.array([near[:, sought].max(axis=0) for near in alike])
        rows = [f"made_{n}" for n in range(hits.shape[1])]
        compounds = [f"active_{n}" for n in range(found.shape[1])]
        return [
            Outcome(name, "hit_rate", hits, rows, "higher", note="made fingerprints"),
            Outcome(name, "keeps_rules", kept, rows, "higher", note="made fingerprints"),
            Outcome(name, "new", new, rows, "neither", note="made fingerprints"),
            Outcome(name, "found", found, compounds, "higher", note="active compounds"),
        ]


def _picture(actives: Bits, made: dict[str, Bits]) -> Picture:
    """Return some fingerprints of every method as rows of bits, the training actives first."""
    rows = {"training actives": actives, **{k: v for k, v in made.items() if k != KNOWN}}
    strips = {}
    for name, values in rows.items():
        shown = np.repeat(np.repeat(values[:_SHOWN], 2, axis=0), 6, axis=1)
        strips[name] = grid([to_picture(np.where(shown, 1.0, -1.0)[None])], columns=1)
    height = max(strip.shape[0] for strip in strips.values())
    padded = {
        name: np.pad(s, ((0, height - s.shape[0]), (0, 0), (0, 0)), constant_values=255)
        for name, s in strips.items()
    }
    return captioned(padded, width=170)
