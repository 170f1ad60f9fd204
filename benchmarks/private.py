"""What a privacy budget costs on real images: ``python -m benchmarks.private --out DIR``.

Breast ultrasound, 16 x 16, benign against malignant. The game first learns from phantoms, which are
of nobody; then, for each epsilon, one training to use and one training with canaries to audit it. A
classifier trained on synthetic images alone is judged on real cases of other blocks of numbers,
beside one trained on what the phantoms' generator makes, for which no patient was needed.
``--ratios`` compares the time of a private step with one that is not, and with Opacus's wrapper.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.evidence import shared
from benchmarks.paired import compare
from cancergan import workflow
from cancergan.cohort import Cohort, Preparation, prepare
from cancergan.cohort.phantoms import phantoms
from cancergan.core.files import read_json, write_json
from cancergan.core.pictures import captioned, grid, to_picture, write_png
from cancergan.core.seeds import torch_generator
from cancergan.downstream.tasks import Classification, Examples
from cancergan.downstream.utility import Trial
from cancergan.games import games
from cancergan.games.base import Batch, ImageShape, make_optimiser, move, only_moving
from cancergan.privacy.gradients import Mechanism, privatised_gradient, set_gradient
from cancergan.training.run import Run

EPSILONS = (None, 10.0, 3.0, 1.0)
DELTA = 1e-3
CANARIES = 100
SYNTHETIC = 400
SIDE = 16
PHANTOMS, PHANTOM_STEPS = 2000, 2500
SETTINGS: dict[str, Any] = {
    "image_size": SIDE,
    "fit": "stretch",
    "training.checkpoint_every": 1000,
    "training.average_half_life": 2000,
    "game.conditioning": "projection",
    "game.latent_size": 32,
    "game.generator.options.width": 8,
    "game.discriminator.options.width": 8,
    "game.loss": "non_saturating",
    "game.discriminator_optimiser": {"learning_rate": 2e-3, "clip_weights": None},
    "game.generator_optimiser.learning_rate": 1e-3,
    "training.batch_size": 64,
}
# Larger lots cost the budget nothing: the noise grows less than the lot.
PRIVATE_LOT = 128


def parts(seed: int) -> dict[str, Cohort]:
    """Lesions by blocks of numbers: the cohort names no patients, so the unit is the image."""
    cohort = Cohort.open(shared("busi")).select("label != 'normal'")
    cohort = cohort.with_column("label", list(cohort.table["label"]))  # forget the empty class
    return cohort.split({"train": 0.7, "test": 0.3}, by="case_id", order="contiguous", seed=seed)


def budget(epsilon: float | None) -> dict[str, Any]:
    """Return the settings of a budget; none for an infinite one."""
    if epsilon is None:
        return {"privacy": None}
    return {
        "privacy.epsilon": epsilon,
        "privacy.delta": DELTA,
        "privacy.public": ["weights"],
        "training.batch_size": PRIVATE_LOT,
    }


def phantom_run(out: Path) -> Run:
    """Return the run on phantoms, of nobody, with which all others begin; train it if it lacks."""
    if (out / "recipe.yaml").is_file():
        return Run.open(out)
    drawn = phantoms["breast_ultrasound"](PHANTOMS, 5, size=64, normal=0.0, prevalence=0.33)
    chosen = SETTINGS | budget(None) | {"training.steps": PHANTOM_STEPS}
    return workflow.train("dpgan", drawn, out, **chosen)


def examples(cohort: Cohort, like: Any) -> Examples:
    """Return a cohort's cases as the task wants them."""
    made = prepare(cohort, like)
    codes = (cohort.table["label"] == "malignant").to_numpy().astype(np.int64)
    return Examples(made.images, codes)


def study(out: Path, steps: int, seed: int, only: list[str]) -> None:
    """Measure each arm that is not measured yet, then put all of them together."""
    arms = {"real": None, "phantoms": None, **{name_of(epsilon): epsilon for epsilon in EPSILONS}}
    begin = str(phantom_run(out / "run_phantoms").path)
    chosen = {**SETTINGS, "training.steps": steps, "training.weights_from": begin, "seed": seed}
    for name, epsilon in arms.items():
        if name in (only or arms) and not (out / f"{name}.json").is_file():
            one_arm(out, name, epsilon, chosen)
    measured = [name for name in arms if (out / f"{name}.json").is_file()]
    pictures = {name: np.load(out / f"{name}.npy", allow_pickle=False) for name in measured}
    write_png(out / "study.png", captioned(pictures))
    print(table([read_json(out / f"{name}.json") for name in measured]))


def name_of(epsilon: float | None) -> str:
    """Return what an arm is called."""
    return "inf" if epsilon is None else f"{epsilon:g}"


def one_arm(out: Path, name: str, epsilon: float | None, settings: dict[str, Any]) -> None:
    """Train, synthesise, judge and audit under one budget; write a row and a picture."""
    started = time.monotonic()
    data, seed = parts(settings["seed"]), settings["seed"]
    like = Preparation.plan(data["train"], image_size=SIDE, fit="stretch")
    real = examples(data["train"], like)
    learnt, row = real, {}
    if name != "real":
        chosen = settings | budget(epsilon)
        run = (
            phantom_run(out / "run_phantoms")
            if name == "phantoms"
            else workflow.train("dpgan", data["train"], out / f"run_{name}", **chosen)
        )
        made = workflow.synthesise(run, SYNTHETIC, condition="balanced", seed=seed)
        learnt = examples(made, like)
        if run.privacy is not None:
            row = {"spent": run.privacy["spent"], "noise": run.privacy["noise"]}
            row["audits"] = audits(out / f"audit_{name}", data["train"], chosen)
    units = tuple(data["test"].table["patient_id"].astype(str))
    trial = Trial(Classification(2), examples(data["test"], like), units, steps=150, seed=seed)
    row |= judged(name, trial, learnt, real) | {"minutes": (time.monotonic() - started) / 60}
    np.save(out / f"{name}.npy", sheet(learnt.images))
    write_json(out / f"{name}.json", row)


def table(rows: list[dict[str, Any]]) -> str:
    """Return the study in Markdown."""
    lines = [
        "| trained on | noise | spread, real is 1 | AUC on real (95 %) | proved by canaries |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        proved = ", ".join(
            f"{a['attack']} {a['lower_bound']:.2f} ({a['correct']}/{a['guesses']})"
            for a in row.get("audits", ())
        )
        name = row["epsilon"]
        name = f"{name} alone" if name in ("real", "phantoms") else f"epsilon {name}"
        noise = f"{row['noise']:.2f}" if "noise" in row else ""
        lines.append(
            f"| {name} | {noise} | {row['spread_of_real']:.2f} | {row['auc']:.3f} "
            f"({row['low']:.3f} to {row['high']:.3f}) | {proved} |"
        )
    return "\n".join(lines)


def judged(name: str, trial: Trial, learnt: Examples, real: Examples) -> dict[str, Any]:
    """Return the score on real cases of a classifier trained on these, and their spread."""
    arm = trial.arm(learnt, "classical")
    low, high = arm.interval or (None, None)
    spread = [float(e.images.std(axis=0).mean()) for e in (learnt, real)]
    return {
        "epsilon": name,
        "auc": arm.score,
        "low": low,
        "high": high,
        "n_test": len(trial.test),
        "spread_of_real": spread[0] / spread[1],
    }


def audits(out: Path, cohort: Cohort, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what canaries prove about a training under the same budget."""
    found = workflow.audit_privacy("dpgan", cohort, out, canaries=CANARIES, **chosen)
    return [vars(audit) | {"refutes": audit.refutes} for audit in found]


def sheet(images: np.ndarray) -> np.ndarray:
    """Return twelve images spread evenly over a set, in a row."""
    chosen = images[np.linspace(0, len(images) - 1, 12).round().astype(int)]
    return grid([to_picture(image, at_least=64) for image in chosen], columns=12)


def ratios(batch: int = 128, side: int = 28, pairs: int = 7) -> list[Any]:
    """Compare a discriminator's private step with an open one, and with Opacus's wrapper."""
    private, plain = ours_step(batch, side), open_step(batch, side)
    wrapped = opacus_step(batch, side)
    return [
        compare(f"private and open step, {side} x {side}, {batch}", private, plain, pairs=pairs),
        compare("private step and Opacus's wrapper (hooks)", private, wrapped, pairs=pairs),
        compare("Opacus's wrapper and open step", wrapped, plain, pairs=pairs),
    ]


def _game(side: int) -> Any:
    kind = games["noise_to_image"]
    options = {"width": 32, "normalise": "group"}
    made = {
        "generator": {"options": options},
        "discriminator": {"options": options | {"minibatch_deviation": False}},
    }
    torch.manual_seed(0)
    return kind.build(kind.schema.model_validate(made), ImageShape(1, (side, side)))


def open_step(batch: int, side: int) -> Callable[[], None]:
    """Return one discriminator step without privacy."""
    game, real = _game(side), torch.rand(batch, 1, side, side) * 2 - 1
    turn, optimiser = game.turns()[0], make_optimiser(game.players["discriminator"])

    def step() -> None:
        move(game, turn, Batch({"image": real}, torch_generator(0)), optimiser)

    return step


def ours_step(batch: int, side: int, at_once: int | None = None) -> Callable[[], None]:
    """Return one private discriminator step of ours."""
    game, real = _game(side), torch.rand(batch, 1, side, side) * 2 - 1
    turn, player = game.turns()[0], game.players["discriminator"]
    optimiser, mechanism = make_optimiser(player), Mechanism(1.0, 1.0, batch)
    game.players["generator"].network.eval()

    def step() -> None:
        draws = torch_generator(0)
        with only_moving(game, "discriminator"):
            gradient = privatised_gradient(
                lambda one: turn.objective(Batch(one, draws)).total,
                player.network,
                {"image": real},
                mechanism,
                torch_generator(1),
                at_once=at_once,
            )
        set_gradient(player.network, gradient)
        optimiser.step()

    return step


def opacus_step(batch: int, side: int) -> Callable[[], None]:
    """Return the step of Opacus's own example: real and synthetic images clipped one by one."""
    from opacus import GradSampleModule
    from opacus.optimizers import DPOptimizer

    game, real = _game(side), torch.rand(batch, 1, side, side) * 2 - 1
    generator = game.players["generator"].network.eval()
    scored = GradSampleModule(Scored(game.players["discriminator"].network))
    optimiser = DPOptimizer(
        torch.optim.Adam(scored.parameters()),
        noise_multiplier=1.0,
        max_grad_norm=1.0,
        expected_batch_size=2 * batch,
    )

    def step() -> None:
        with torch.no_grad():
            fake = generator(torch.randn(batch, 128))
        optimiser.zero_grad()
        score = scored(torch.cat([real, fake]))
        sign = torch.ones(2 * batch)
        sign[:batch] = -1
        nn.functional.softplus(sign * score).mean().backward()
        optimiser.step()

    return step


class Scored(nn.Module):
    """A discriminator that returns its score alone, with no layer in place, as Opacus needs it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        for module in network.modules():
            if isinstance(module, nn.LeakyReLU):
                module.inplace = False

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        score: torch.Tensor = self.network(image).score
        return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/private"))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[], help="arms: real, phantoms, inf, 10, 3, 1")
    parser.add_argument("--ratios", action="store_true")
    chosen = parser.parse_args()
    if chosen.ratios:
        for row in ratios():
            print(row, flush=True)
        return
    started = time.monotonic()
    chosen.out.mkdir(parents=True, exist_ok=True)
    study(chosen.out, chosen.steps, chosen.seed, chosen.only)
    print(f"{(time.monotonic() - started) / 60:.1f} minutes; {chosen.out / 'study.png'}")


if __name__ == "__main__":
    main()
