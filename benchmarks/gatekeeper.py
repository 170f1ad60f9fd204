"""Does a gate's score track real performance? Many models, scored on both sides.

``python -m benchmarks.gatekeeper --data shared/data --out DIR`` takes three sites: a phantom whose
truth is known, dermoscopy (ISIC) and breast ultrasound (BUSI). A developer's models (other
patients, from good to hopeless: fewer cases, fewer steps, wrong labels) are scored on the site's
real test cases and on gates of its simulated ones: a generator trained on the site's other
patients, a phantom of the modality, and, as the best that any simulation could do, more real cases.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cancergan import workflow
from cancergan.assessment.gatekeeper import Calibration, Gatekeeper, admit
from cancergan.assessment.gatekeeper.admission import aggregated
from cancergan.cohort import Cohort, Preparation
from cancergan.cohort.identity import patient_fingerprints
from cancergan.cohort.phantoms import phantom
from cancergan.cohort.prepared import prepare
from cancergan.core.estimates import Estimate
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.classifier import Classifier, train_classifier
from cancergan.metrics.classification import auc

SIDE, MODELS, SIMULATED, ALPHA = 32, 40, 300, 0.2
STEPS = (10, 20, 40, 80, 160)
SHARES = (0.06, 0.12, 0.25, 0.5, 1.0)
WRONG = (0.0, 0.0, 0.1, 0.2, 0.35)
AGGREGATES = ("as drawn", "worst", "mean")


@dataclass(frozen=True)
class Site:
    """A developer's cases, the site's own real ones, and cohorts that stand in for these."""

    positive: str
    developer: Cohort
    real: Cohort
    simulated: Mapping[str, Cohort]


def binary(cohort: Cohort, positive: str) -> Cohort:
    """Return the cohort with the labels of one class against all others."""
    names = np.where(cohort.table["label"].astype(str) == positive, positive, "other")
    return cohort.with_column("label", names)


def drawn(name: str, positive: str, seed: int, **options: object) -> Cohort:
    """Return phantoms, half of them positive."""
    return binary(phantom(name, SIMULATED, seed=seed, size=64, prevalence=0.5, **options), positive)


def phantom_site(out: Path, data: Path, seed: int) -> Site:
    """Return a site of phantoms: its simulation is right, or is wrong about the lesions."""
    name, positive = "breast_ultrasound", "malignant"
    simulated = {
        "the right simulator": drawn(name, positive, 3),
        "fainter lesions, one centre": drawn(name, positive, 4, contrast=4.0, centres=1),
        "another modality (skin)": binary(
            _grey(phantom("dermoscopy", SIMULATED, seed=5, size=64, prevalence=0.5)), "melanoma"
        ),
    }
    simulated = {key: _renamed(cohort, positive) for key, cohort in simulated.items()}
    return Site(positive, drawn(name, positive, 1), drawn(name, positive, 2), simulated)


def _grey(cohort: Cohort) -> Cohort:
    images = [case.image.mean(0, keepdims=True) for case in cohort if case.image is not None]
    masks = [case.mask for case in cohort]
    return Cohort.from_arrays(
        images, cohort.table.drop(columns="image", errors="ignore"), masks=masks
    )


def _renamed(cohort: Cohort, positive: str) -> Cohort:
    labels = np.where(cohort.table["label"].astype(str) == "other", "other", positive)
    return cohort.with_column("label", labels)


def real_site(
    cohort: Cohort, positive: str, model: Cohort, out: Path, steps: int, seed: int, order: str
) -> Site:
    """Return a site of real cases: a third for the developer, the rest its own."""
    identities = np.array(patient_fingerprints(cohort))
    once = np.zeros(len(cohort), bool)
    once[np.unique(identities, return_index=True)[1]] = True
    shares = {"developer": 0.3, "generator": 0.3, "more": 0.15, "test": 0.25}
    parts = binary(cohort.select(once), positive).split(shares, seed=seed, order=order)
    run = workflow.train(
        "cgan", parts["generator"], out / "run",
        **{"image_size": SIDE, "training.steps": steps, "seed": seed},
    )  # fmt: skip
    made = workflow.synthesise(run, cases=SIMULATED, condition="balanced", seed=seed)
    simulated = {"its generator": made, "a phantom": model, "more real cases": parts["more"]}
    return Site(positive, parts["developer"], parts["test"], simulated)


def skin(out: Path, data: Path, seed: int, steps: int = 1500) -> Site:
    """Dermoscopy: malignant or not."""
    model = _renamed(binary(
        phantom("dermoscopy", SIMULATED, seed=1, size=64, prevalence=0.5), "melanoma"
    ), "malignant")  # fmt: skip
    cohort = Cohort.open(data / "isic_uda1")
    return real_site(cohort, "malignant", model, out, steps, seed, "random")


def ultrasound(out: Path, data: Path, seed: int, steps: int = 1500) -> Site:
    """Breast ultrasound: malignant or not; neighbours by number stay together."""
    model = drawn("breast_ultrasound", "malignant", 1)
    cohort = Cohort.open(data / "busi")
    return real_site(cohort, "malignant", model, out, steps, seed, "contiguous")


SITES = {"phantoms": phantom_site, "skin": skin, "ultrasound": ultrasound}


def candidates(site: Site, preparation: Preparation, seed: int) -> list[Classifier]:
    """Return models from good to hopeless, each trained on other draws of the developer's cases."""
    images = prepare(site.developer, preparation).images
    truth = (site.developer.table["label"] == site.positive).to_numpy().astype(np.int64)
    models = []
    for number in range(MODELS):
        random = numpy_generator(seed, "candidate", number)
        share, steps, wrong = (random.choice(choices) for choices in (SHARES, STEPS, WRONG))
        sides = [random.permutation(np.flatnonzero(truth == side)) for side in (0, 1)]
        rows = np.concatenate([side[: max(4, round(share * len(side)))] for side in sides])
        labels = np.where(random.random(len(rows)) < wrong, 1 - truth[rows], truth[rows])
        if len(set(labels)) < 2:
            labels = truth[rows]
        models.append(
            train_classifier(
                images[rows],
                labels,
                n_classes=2,
                steps=int(steps),
                seed=number,
                augmentation="classical" if random.random() < 0.5 else "none",
            )
        )
    return models


def scores(
    site: Site, name: str, models: list[Classifier], where: Preparation, out: Path
) -> pd.DataFrame:
    """Return the score of each model on the gate that one simulation makes: a row a model."""
    gate = Gatekeeper.build(
        out, site.simulated[name], positive=[site.positive], required=0.7, image_size=SIDE
    )
    cases = gate.cases
    images = prepare(cases, where).images
    rows = []
    for model in models:
        chances = model.probabilities(images)[:, 1]
        answers = pd.DataFrame({"case_id": cases.table["case_id"], "probability": chances})
        rows.append({suite: found.value for suite, found in gate.scores(answers).items()})
    return pd.DataFrame(rows)


def summary(by_suite: pd.DataFrame, real: np.ndarray, seed: int) -> list[dict[str, object]]:
    """Return for each way to count suites how far the scores track, and what admission would do."""
    found = []
    for way in AGGREGATES:
        simulated = (
            by_suite["as drawn"].to_numpy() if way == "as drawn"
            else np.array([aggregated(list(row), way) for row in by_suite.to_numpy()])
        )  # fmt: skip
        known = Calibration(simulated, real)
        tracks = known.rank_correlation(seed=seed)
        assert tracks is not None
        held, entered, worthy = _leave_one_out(simulated, real, float(np.median(real)))
        found.append(
            {"way": way, "rho": tracks.value, "low": tracks.low, "high": tracks.high,
             "margin": known.margin(alpha=ALPHA), "bound_held": held, "entered": entered,
             "entered_worthy": worthy}
        )  # fmt: skip
    return found


def _leave_one_out(
    simulated: np.ndarray, real: np.ndarray, required: float
) -> tuple[float, int, int]:
    """Return how often the bound held, how many models entered, and how many were worthy."""
    held, entered, worthy = [], 0, 0
    for one in range(len(real)):
        rest = np.arange(len(real)) != one
        known = Calibration(simulated[rest], real[rest])
        answer = admit(
            {"score": _plain(float(simulated[one]))}, known, required=required, alpha=ALPHA
        )
        held.append(real[one] >= answer.bound)
        entered += answer.admitted
        worthy += int(answer.admitted and real[one] >= required)
    return float(np.mean(held)), entered, worthy


def _plain(value: float) -> Estimate:
    return Estimate(family="gatekeeper", name="auc", space="score", value=value)


def play(name: str, data: Path, out: Path, seed: int) -> None:
    """Make one site, score all models on both sides, and print the table."""
    started = time.monotonic()
    site = SITES[name](out, data, seed)
    preparation = Preparation.plan(site.developer, image_size=SIDE)
    models = candidates(site, preparation, seed)
    images = prepare(site.real, preparation).images
    truth = (site.real.table["label"] == site.positive).to_numpy().astype(int)
    real = np.array([auc(truth, model.probabilities(images)) for model in models])
    print(
        f"{name}: {MODELS} models, real AUC {real.min():.2f} to {real.max():.2f} (median "
        f"{np.median(real):.2f}) on {len(truth)} real cases, {truth.sum()} of them positive"
    )
    print("| simulated by | counted | rank correlation | margin | bound held | entered | worthy |")
    print("|---|---|---|---|---|---|---|")
    kept = {}
    for simulator in site.simulated:
        by_suite = scores(site, simulator, models, preparation, out / simulator.replace(" ", "_"))
        kept[simulator] = summary(by_suite, real, seed)
        for row in kept[simulator]:
            print(
                f"| {simulator} | {row['way']} | {row['rho']:.2f} ({row['low']:.2f} to "
                f"{row['high']:.2f}) | {row['margin']:.2f} | {row['bound_held']:.0%} | "
                f"{row['entered']} | {row['entered_worthy']} |",
                flush=True,
            )
        by_suite.assign(real=real).to_csv(out / f"{simulator.replace(' ', '_')}.csv", index=False)
    (out / "summary.json").write_text(json.dumps(kept, indent=2))
    print(f"{name}: {(time.monotonic() - started) / 60:.1f} minutes, seed {seed}\n", flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--site", choices=sorted(SITES), action="append")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    for name in chosen.site or SITES:
        (chosen.out / name).mkdir(parents=True, exist_ok=True)
        play(name, chosen.data, chosen.out / name, chosen.seed)


if __name__ == "__main__":
    main()
