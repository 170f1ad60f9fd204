"""A gate on disk: cases to hand out, and beside them what stays with the site.

    gate.json            what is asked, of whom, and how it is judged
    cases/               a cohort without labels, masks or parameters, in random order: to hand out
    keep/truth.csv       suite, case_id, patient_id, positive: stays with the site
    keep/calibration.json  models whose real scores are known

A model's answers are a CSV file with ``case_id`` and ``probability`` of what is to be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.assessment.gatekeeper.admission import (
    Admission,
    Aggregate,
    Calibration,
    admit,
    aggregated,
    suite_score,
)
from cancergan.assessment.gatekeeper.answers import checked_answers
from cancergan.assessment.gatekeeper.suites import DEFAULT_SHIFTS, Suites, suites_of
from cancergan.cohort import Cohort
from cancergan.cohort.preparation import Preparation
from cancergan.cohort.prepared import prepare
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.estimates import Estimate
from cancergan.core.files import read_json, whole_folder, write_json, write_text
from cancergan.core.provenance import environment, fingerprint
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.classification import auc

if TYPE_CHECKING:
    from cancergan.downstream.feature_space import FeatureSpace

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FORMAT = "cancergan-gatekeeper/1"
GATE, CASES, TRUTH, KNOWN = "gate.json", "cases", "keep/truth.csv", "keep/calibration.json"
AGGREGATES = ("worst", "mean")


@dataclass(frozen=True, eq=False)
class Gatekeeper:
    """A gate that stands: ``build`` one, or ``open`` it; then ``calibrate`` and ``check``.

    Attributes:
        path: its folder.
        stated: the content of ``gate.json``.
        truth: one row for each case of each suite: suite, case_id, patient_id, positive.
    """

    path: Path
    stated: Mapping[str, Any]
    truth: pd.DataFrame

    @classmethod
    def build(
        cls,
        out: Path | str,
        cohort: Cohort,
        *,
        positive: Sequence[str],
        required: float,
        shifts: Sequence[str] = DEFAULT_SHIFTS,
        alpha: float = 0.1,
        aggregate: Aggregate = "worst",
        image_size: int | None = None,
        seed: int = 0,
    ) -> Gatekeeper:
        """Make the suites of a site's simulated cases and write them.

        Args:
            out: folder to create.
            cohort, positive, shifts: see ``suites_of``.
            required: the AUC on real cases that a model must reach, in [0.5, 1].
            alpha: how often an admitted model may fall below it.
            aggregate: whether the worst suite counts or the mean of all.
            image_size: sides of the images that networks in files are shown.
            seed: of shifts and order.

        Raises:
            BadInputError: ``out`` is taken, a bound that is none, or as ``suites_of``.
        """
        _check_bounds(required, alpha, aggregate)
        suites = suites_of(cohort, positive=positive, shifts=shifts, seed=seed)
        cases, truth = _laid_out(suites, seed)
        content = truth.to_csv(index=False)
        gate = {
            "format": FORMAT,
            "positive": list(positive),
            "required": required,
            "alpha": alpha,
            "aggregate": aggregate,
            "suites": {name: len(rows) for name, rows in truth.groupby("suite", sort=False)},
            "left_out": dict(suites.left_out),
            "preparation": Preparation.plan(cohort, image_size=image_size).to_json(),
            "simulated": {"fingerprint": cohort.fingerprint, "provenance": cohort.provenance},
            "truth": fingerprint(content),
            "seed": seed,
            "environment": environment(),
        }
        with whole_folder(Path(out)) as folder:
            cases.save(folder / CASES)
            write_text(folder / TRUTH, content)
            write_json(folder / GATE, gate)
        return cls.open(out)

    @classmethod
    def open(cls, path: Path | str) -> Gatekeeper:
        """Open a gate.

        Raises:
            BadInputError: there is none, or its truth is not the one that it was built with.
        """
        folder = Path(path)
        stated = read_json(folder / GATE)
        if not isinstance(stated, dict) or stated.get("format") != FORMAT:
            raise BadInputError(f"{folder / GATE}: is no gate of this version. Build it anew.")
        if not (folder / TRUTH).exists():
            raise BadInputError(
                f"{folder / TRUTH}: not found. The truth stays with the site: check models there."
            )
        content = (folder / TRUTH).read_text(encoding="utf-8")
        if fingerprint(content) != stated["truth"]:
            raise BadInputError(f"{folder / TRUTH}: was changed since the gate was built.")
        truth = pd.read_csv(folder / TRUTH, dtype={"case_id": str, "patient_id": str})
        return cls(folder, stated, truth)

    @property
    def cases(self) -> Cohort:
        """The cases to hand out: no labels, no masks, neutral names."""
        return Cohort.open(self.path / CASES)

    @property
    def fingerprint(self) -> str:
        """Identifies the suites and how they are judged."""
        return fingerprint({key: self.stated[key] for key in ("truth", "aggregate", "suites")})

    def answers_of(self, model: FeatureSpace) -> pd.DataFrame:
        """Return the answers of a network in a file, (n, 1) or (n, 2) outputs an image.

        Raises:
            BadInputError: it has another number of outputs.
        """
        cases = self.cases
        preparation = Preparation.from_json(self.stated["preparation"])
        outputs = model.features(prepare(cases, preparation).images)
        if outputs.shape[1] not in (1, 2):
            raise BadInputError(
                f"the model {model.name} gives {outputs.shape[1]} numbers an image; give 1 "
                "(of what is to be found) or 2 (absent, present)."
            )
        odds = outputs[:, 0] if outputs.shape[1] == 1 else outputs[:, 1] - outputs[:, 0]
        chances = 1 / (1 + np.exp(-odds))
        return pd.DataFrame({"case_id": cases.table["case_id"], "probability": chances})

    def scores(self, answers: pd.DataFrame) -> dict[str, Estimate]:
        """Return the AUC of a model's answers on each suite, with intervals.

        Raises:
            BadInputError: a case is missing, double or unknown, or an answer is not in [0, 1].
        """
        return {
            name: suite_score(answered, positive, patients, name=name)
            for name, answered, positive, patients in self._answered(answers)
        }

    def _answered(self, answers: pd.DataFrame) -> Iterator[tuple[str, Floats, Integers, list[str]]]:
        """Yield name, answers, truth and patients of each suite."""
        answer = checked_answers(answers, set(self.truth["case_id"]))
        for name, rows in self.truth.groupby("suite", sort=False):
            answered = np.asarray(answer[rows["case_id"]], np.float64)
            positive = np.asarray(rows["positive"], np.int64)
            yield str(name), answered, positive, list(rows["patient_id"])

    def calibrate(
        self, answers: Mapping[str, pd.DataFrame], real: Mapping[str, float]
    ) -> Calibration:
        """Record models whose AUC on real cases is known, replacing those recorded before.

        Args:
            answers: of each model, on the gate's cases.
            real: the AUC of each model on real cases of this site.

        Raises:
            BadInputError: a model of one and not of the other, or answers as ``scores``.
        """
        if set(answers) != set(real):
            alone = sorted(set(answers) ^ set(real))
            raise BadInputError(f'model "{alone[0]}": needs both answers and a real score.')
        models = []
        for name, given in answers.items():
            # Values alone: an interval for each suite of each model would be made for nothing.
            suites = self._answered(given)
            found = {name: auc(positive, answered) for name, answered, positive, _ in suites}
            models.append({"model": name, "real": float(real[name]), "suites": found})
        write_json(self.path / KNOWN, {"gate": self.fingerprint, "models": models})
        return self.calibration()

    def calibration(self) -> Calibration:
        """Return the models whose real scores are known; none where nobody recorded any.

        Raises:
            BadInputError: they are of another gate.
        """
        if not (self.path / KNOWN).exists():
            return Calibration(np.empty(0), np.empty(0))
        known = read_json(self.path / KNOWN)
        if known.get("gate") != self.fingerprint:
            raise BadInputError(f"{self.path / KNOWN}: is of another gate. Calibrate this one.")
        simulated = [
            aggregated(list(model["suites"].values()), self.stated["aggregate"])
            for model in known["models"]
        ]
        return Calibration(np.array(simulated), np.array([one["real"] for one in known["models"]]))

    def check(self, answers: pd.DataFrame, *, seed: int = 0) -> Admission:
        """Decide on a model by its answers; whatever is missing or unproven refuses."""
        return admit(
            self.scores(answers),
            self.calibration(),
            required=self.stated["required"],
            alpha=self.stated["alpha"],
            aggregate=self.stated["aggregate"],
            seed=seed,
        )


def _check_bounds(required: float, alpha: float, aggregate: str) -> None:
    if not 0.5 <= required <= 1:
        raise BadInputError(f"required is {required}, must be an AUC from 0.5 to 1.")
    if not 0 < alpha < 1:
        raise BadInputError(f"alpha is {alpha}, must lie between 0 and 1. 0.1 is usual.")
    if aggregate not in AGGREGATES:
        raise unknown("aggregate", aggregate, AGGREGATES)


def _laid_out(suites: Suites, seed: int) -> tuple[Cohort, pd.DataFrame]:
    """Return all cases in random order under neutral names, and what they are."""
    places = [(name, row) for name, cohort in suites.variants.items() for row in range(len(cohort))]
    order = numpy_generator(seed, "gatekeeper", "order").permutation(len(places))
    names = {places[place]: f"case_{at:05d}" for at, place in enumerate(order)}
    held = [suites.variants[name].pixels(row) for name, row in (places[place] for place in order)]
    cases = Cohort.from_arrays(
        [pixels.image for pixels in held],
        pd.DataFrame({"case_id": list(names.values())}),
        spacing=[pixels.spacing for pixels in held],
    )
    patients = {name: cohort.table["patient_id"] for name, cohort in suites.variants.items()}
    truth = [
        {
            "suite": suite.name,
            "case_id": names[suite.variant, int(row)],
            "patient_id": str(patients[suite.variant].iloc[int(row)]),
            "positive": int(positive),
        }
        for suite in suites.suites
        for row, positive in zip(suite.rows, suite.positive, strict=True)
    ]
    return cases, pd.DataFrame(truth)
