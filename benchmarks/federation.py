"""Four hospitals on breast ultrasound: ``python -m benchmarks.federation COMMAND --out DIR``.

``train METHOD`` trains one of "asyndgan" (four hospitals as processes over mutual TLS, the real
engine), "average", "classifier" (both in one process) and "pooled" (the same recipe on all cases in
one place). ``utility`` then trains classifiers on what they synthesise and compares them on cases
that none has seen. ``same`` plays one run in one process and as processes and compares generators;
``kill`` ends a hospital in mid-run; ``overhead`` times an exchange against the discriminator's own
step. Every command takes at most 15 minutes on two cores. Data: ``shared/data`` beside the
repository, or CANCERGAN_SHARED_DATA.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.evidence import shared
from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.cohort.prepared import prepare
from cancergan.core.files import read_json, write_json
from cancergan.core.pictures import captioned, grid, to_picture, write_png
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.classifier import Classifier, train_classifier
from cancergan.federation import kits, processes, simulation
from cancergan.federation.agreement import Agreement, Public
from cancergan.federation.averaging import ClassifierGame
from cancergan.federation.conversation import CoordinatorSettings
from cancergan.federation.hospital import Hospital
from cancergan.federation.ledger import read_ledger, summary
from cancergan.federation.messages import Message
from cancergan.federation.policy import HospitalPolicy
from cancergan.federation.site_players import SitePlayers
from cancergan.metrics.classification import auc
from cancergan.metrics.resampling import bootstrap_interval
from cancergan.recipes.loader import load_recipe
from cancergan.recipes.schema import Recipe
from cancergan.training import checkpoints, session
from cancergan.training.run import Run

Arrays = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]

CLASSES = ("benign", "malignant")
HOSPITALS = 4
SIZE = 32
SYNTHETIC = 1000
CLASSIFIER_STEPS = 600


def parts(seed: int) -> tuple[dict[str, Cohort], Cohort]:
    """Return four hospitals and the test cases: blocks of numbers, since patients are not named.

    The first 70 % of each class, in order of their numbers, are four hospitals of consecutive
    blocks; the rest tests. Near-duplicates lie beside one another, so few are torn.
    """
    cohort = Cohort.open(shared("busi")).select("label != 'normal'")
    divided = cohort.split({"train": 0.7, "test": 0.3}, by="case_id", order="contiguous", seed=seed)
    train = divided["train"]
    blocks = np.empty(len(train), np.int64)
    labels = train.table["label"].to_numpy()
    for name in CLASSES:
        rows = np.flatnonzero(labels == name)
        blocks[rows] = np.arange(len(rows)) * HOSPITALS // len(rows)
    hospitals = {f"h{k + 1}": train.select(blocks == k) for k in range(HOSPITALS)}
    return hospitals, divided["test"]


def recipe_of(steps: int, seed: int) -> Recipe:
    """Return the recipe of all runs: cgan at 32 x 32."""
    settings = {
        "image_size": SIZE,
        "training.steps": steps,
        "training.checkpoint_every": 250,
        "training.average_half_life": 3000,
        "seed": seed,
    }
    return load_recipe("cgan", settings)


def agreement_of(method: str, steps: int, seed: int) -> Agreement:
    """Return what the four hospitals agree on: two classes and the window of 8-bit images."""
    public = Public(classes=CLASSES, spatial=(SIZE, SIZE))
    return Agreement.of(recipe_of(steps, seed), public, method=method)


def train(out: Path, method: str, steps: int, seed: int) -> None:
    """Train one arm, and say how long it took and what left each hospital."""
    started = time.monotonic()
    hospitals, _ = parts(seed)
    print({name: len(cohort) for name, cohort in hospitals.items()}, flush=True)
    if method == "pooled":
        # As many images a step as the four hospitals see together.
        recipe = recipe_of(steps, seed)
        batch = HOSPITALS * recipe.training.batch_size
        training = recipe.training.model_copy(update={"batch_size": batch})
        pooled = recipe.model_copy(update={"training": training})
        session.train(pooled, merged(hospitals), out / method)
    else:
        play: Callable[..., Run] = (
            simulation.simulate_processes if method == "asyndgan" else simulation.simulate
        )
        play(agreement_of(method, steps, seed), hospitals, out / method, say=_say)
        for name in hospitals:
            print(f"\n{name}")
            print("\n".join(summary(read_ledger(simulation.ledger_of(out / method, name)))))
    print(f"{method}: {(time.monotonic() - started) / 60:.1f} minutes, {steps} steps, seed {seed}")


def merged(hospitals: dict[str, Cohort]) -> Cohort:
    """Return all cases in one place, which is what federation is to be spared."""
    whole = Cohort.open(shared("busi"))
    ids = {case for cohort in hospitals.values() for case in cohort.table["case_id"]}
    return whole.select(whole.table["case_id"].isin(ids).to_numpy())


def utility(out: Path, seed: int) -> None:
    """Train a classifier on each arm's cases and print AUC on the test cases, with intervals."""
    hospitals, test = parts(seed)
    preparation = agreement_of("asyndgan", 1, seed).columns["image"].preparation
    real = {name: _arrays(cohort, preparation) for name, cohort in hospitals.items()}
    tested, truth = _arrays(test, preparation)
    units = list(test.table["case_id"])
    arms: dict[str, Callable[[], Classifier]] = {
        "all real cases in one place": lambda: _fitted(_joined(real.values()), seed)
    }
    for name, arrays in real.items():
        arms[f"real cases of {name} alone"] = lambda arrays=arrays: _fitted(arrays, seed)
    if (out / "classifier").is_dir():
        arms["FedAvg classifier on all real cases"] = lambda: _averaged(out / "classifier", seed)
    for method in ("asyndgan", "average", "pooled"):
        if (out / method).is_dir():
            arms[f"synthetic only: {method}"] = lambda method=method: _fitted(
                _synthetic(out / method, preparation, seed), seed
            )
    print(f"| trained on | AUC on {len(test)} test cases |\n|---|---|")
    for name, fit in arms.items():
        score = fit().probabilities(tested)[:, 1]
        area = _area(truth, score)
        ends = bootstrap_interval(
            lambda rows, score=score: _area(truth[rows], score[rows]),
            units,
            strata=list(truth),
            seed=seed,
        )
        assert ends is not None
        print(f"| {name} | {area:.3f} ({ends[0]:.3f} to {ends[1]:.3f}) |", flush=True)
    _picture(out, real, preparation, seed)


def same(out: Path, steps: int, seed: int) -> None:
    """Play one synchronous run in this process and as processes; print how far they differ."""
    hospitals, _ = parts(seed)
    agreement = agreement_of("asyndgan", steps, seed)
    one = simulation.simulate(agreement, hospitals, out / "same_one", say=_say)
    two = simulation.simulate_processes(agreement, hospitals, out / "same_two", say=_say)
    weights = [checkpoints.load_game(run.checkpoints, run.game()) for run in (one, two)]
    names = [name for name in weights[0] if name.startswith("generator/")]
    far = max(float((weights[0][n] - weights[1][n]).abs().max()) for n in names)
    print(f"after {steps} steps generators differ by at most {far:.1e} in {len(names)} tensors")


def kill(out: Path, steps: int, seed: int) -> None:
    """End one hospital's processes in mid-run; print what the coordinator says of it."""
    hospitals, _ = parts(seed)
    agreement = agreement_of("asyndgan", steps, seed)
    place = out / "kill_federation"
    kits.provision(place, sorted(hospitals), port=simulation.free_port())
    running = {}
    with ExitStack() as stack:
        for name, cohort in hospitals.items():
            cohort.save(place / "cohorts" / name)
            processes.bind(place / "kits" / name, place / "cohorts" / name, HospitalPolicy())
            running[name] = stack.enter_context(processes.hospital_process(place / "kits" / name))

        def say(sentence: str) -> None:
            print(sentence, flush=True)
            if sentence == "30%":
                processes.end(running["h2"])
                print("h2: all its processes were ended", flush=True)

        run = processes.run_coordinator(
            place / "kits" / "coordinator",
            agreement,
            out / "kill",
            CoordinatorSettings(timeout=10, min_sites=2),
            sites=sorted(hospitals),
            say=say,
        )
    record = read_json(run.path / "federation.json")
    print(f"finished at step {run.step} of {steps}")
    for name, site in record["sites"].items():
        print(f"{name}: {site['answers']} answers, {site['failures']} failures, {site['dropped']}")


def overhead(out: Path, exchanges: int, seed: int) -> None:
    """Time exchanges over the engine and the same rounds without it, by size of the image."""
    hospitals, _ = parts(seed)
    two = {name: hospitals[name] for name in ("h1", "h2")}
    print("| images | exchange | discriminator's round alone | ratio |\n|---|---|---|---|")
    for size in (32, 64):
        recipe = load_recipe(
            "cgan",
            {"image_size": size, "training.steps": exchanges, "training.batch_size": 64,
             "training.checkpoint_every": 10 * exchanges, "seed": seed},
        )  # fmt: skip
        agreement = Agreement.of(recipe, Public(classes=CLASSES, spatial=(size, size)))
        place = out / f"overhead_{size}"
        simulation.simulate_processes(agreement, two, place, say=_say)
        alone = _alone(agreement, two["h1"], out / f"alone_{size}", exchanges)
        steps = read_json(place / "federation.json")["sites"]["h1"]
        exchange = steps["seconds_of_an_answer"]
        print(
            f"| 64 of 1 x {size} x {size} | {1e3 * exchange:.0f} ms | {1e3 * alone:.0f} ms | "
            f"{exchange / alone:.2f} |",
            flush=True,
        )


def _alone(agreement: Agreement, cohort: Cohort, folder: Path, exchanges: int) -> float:
    """Return the median seconds of a hospital's round in this process, without any transport."""
    hospital = Hospital("h1", cohort, HospitalPolicy(), folder)
    values = {"agreement": agreement.to_json(), "clock": 0.0}
    hospital.answer(
        Message("join", agreement.run, hospital.counted.sequence + 1, values=values).encode()
    )
    players = hospital.players
    assert isinstance(players, SitePlayers)
    images = torch.rand((1, 64, 1, *agreement.shape.spatial)) * 2 - 1
    taken = []
    for _ in range(min(exchanges, 50)):
        started = time.monotonic()
        players.exchange(images)
        taken.append(time.monotonic() - started)
    return float(np.median(taken))


def _fitted(arrays: Arrays, seed: int) -> Classifier:
    images, labels = arrays
    return train_classifier(
        images, labels, n_classes=2, steps=CLASSIFIER_STEPS, seed=seed, augmentation="classical"
    )


def _averaged(path: Path, seed: int) -> Classifier:
    """Return the federated classifier of a run folder."""
    game = agreement_of("classifier", 1, seed).new_game()
    assert isinstance(game, ClassifierGame)
    checkpoints.load_game(path / "checkpoints", game)
    network = game.players["classifier"].network.eval()
    assert isinstance(network, torch.nn.Sequential)
    return Classifier(network[0], network[1], 1, CLASSIFIER_STEPS)


def _synthetic(path: Path, preparation: Any, seed: int) -> Arrays:
    made = workflow.synthesise(
        path, SYNTHETIC, condition={name: 1.0 for name in CLASSES}, seed=seed
    )
    return _arrays(made, preparation)


def _arrays(cohort: Cohort, preparation: Any) -> Arrays:
    prepared = prepare(cohort, preparation)
    labels = np.array([CLASSES.index(name) for name in cohort.table["label"]], np.int64)
    return prepared.images, labels


def _joined(several: Any) -> Arrays:
    images, labels = zip(*several, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _area(truth: npt.NDArray[np.int64], score: npt.NDArray[np.float64]) -> float:
    return auc(truth, np.stack([1 - score, score], axis=1))


def _picture(out: Path, real: dict[str, Arrays], preparation: Any, seed: int) -> None:
    rows = {"real": _joined(real.values())}
    for method in ("asyndgan", "average", "pooled"):
        if (out / method).is_dir():
            rows[method] = _synthetic(out / method, preparation, seed)
    tiles = {}
    for name, (images, labels) in rows.items():
        for code, label in enumerate(CLASSES):
            random = numpy_generator(seed, "shown", name, code)
            chosen = random.choice(np.flatnonzero(labels == code), 10, replace=False)
            shown = [to_picture(images[row], at_least=64) for row in chosen]
            tiles[f"{name}\n{label}"] = grid(shown, columns=10)
    write_png(out / "federation.png", captioned(tiles, width=90))
    write_json(out / "federation_arms.json", sorted(rows))


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["train", "utility", "same", "kill", "overhead"])
    parser.add_argument("method", nargs="?", default="asyndgan")
    parser.add_argument("--out", type=Path, default=Path("runs/federation"))
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.command == "train":
        train(given.out, given.method, given.steps or 1000, given.seed)
    elif given.command == "utility":
        utility(given.out, given.seed)
    else:
        commands = {"same": (same, 30), "kill": (kill, 60), "overhead": (overhead, 100)}
        command, steps = commands[given.command]
        command(given.out, given.steps or steps, given.seed)


if __name__ == "__main__":
    main()
