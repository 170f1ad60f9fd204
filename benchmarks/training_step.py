"""A training step of ours against a straightforward PyTorch loop with the same networks."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from benchmarks.paired import Comparison, compare
from cancergan.cohort import Cohort
from cancergan.recipes.loader import load_recipe
from cancergan.recipes.schema import Recipe
from cancergan.training.devices import start_fabric
from cancergan.training.material import prepare_training
from cancergan.training.progress import Quiet
from cancergan.training.run import Run
from cancergan.training.session import new_game
from cancergan.training.trainer import Trainer

# The plain loops have neither augmentation nor a moving average; ours runs with the average.
SAME = {"game.augmentation.operations": [], "training.steps": 10**6, "training.accelerator": "cpu"}
SPATIAL = {2: (64, 64), 3: (32, 32, 32)}


def training_steps() -> list[Comparison]:
    """Compare DCGAN and WGAN-GP, pictures and volumes."""
    rows = []
    for recipe, plain in (("dcgan", dcgan_step), ("wgan_gp", wgan_gp_step)):
        for dims, batch in ((2, 64), (3, 16)):
            trainer = _trainer(recipe, SPATIAL[dims], batch)
            networks = [copy.deepcopy(p.network) for p in trainer.game.players.values()]
            step = plain(*networks, torch.from_numpy(trainer.data.columns["image"][:batch]))
            trainer.set_up()
            name = f"{recipe} step, {' x '.join(map(str, SPATIAL[dims]))}, batch {batch}"
            rows.append(compare(name, trainer.play_round, step, pairs=7 if dims == 3 else 11))
    return rows


def _trainer(name: str, spatial: tuple[int, ...], batch: int) -> Trainer:
    recipe: Recipe = load_recipe(
        name, {**SAME, "image_size": list(spatial), "training.batch_size": batch}
    )
    random = np.random.default_rng(0)
    cohort = Cohort.from_arrays(random.integers(0, 255, (2 * batch, 1, *spatial), dtype=np.uint8))
    data, trained_on = prepare_training(recipe, cohort)
    run = Run(Path(tempfile.gettempdir()) / "never-written", recipe, trained_on)
    return Trainer(new_game(recipe, trained_on), data, run, start_fabric(recipe.training), Quiet())


def dcgan_step(discriminator: nn.Module, generator: nn.Module, real: Tensor) -> Callable[[], None]:
    """Return the step of a textbook DCGAN loop: fakes made once, detached for the discriminator."""
    d_optimiser = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    g_optimiser = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    ones, zeros = torch.ones(len(real)), torch.zeros(len(real))

    def step() -> None:
        fake = generator(torch.randn(len(real), 128))
        d_optimiser.zero_grad()
        cross_entropy(discriminator(real).score, ones).backward()
        cross_entropy(discriminator(fake.detach()).score, zeros).backward()
        d_optimiser.step()
        g_optimiser.zero_grad()
        cross_entropy(discriminator(fake).score, ones).backward()
        g_optimiser.step()

    return step


def wgan_gp_step(critic: nn.Module, generator: nn.Module, real: Tensor) -> Callable[[], None]:
    """Return the step of a textbook WGAN-GP loop: five critic steps, then the generator's."""
    c_optimiser = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
    g_optimiser = torch.optim.Adam(generator.parameters(), lr=1e-4, betas=(0.0, 0.9))
    shape = (len(real), *[1] * (real.ndim - 1))

    def penalty(fake: Tensor) -> Tensor:
        epsilon = torch.rand(shape)
        mixed = (epsilon * real + (1 - epsilon) * fake).requires_grad_()
        (gradient,) = torch.autograd.grad(critic(mixed).score.sum(), mixed, create_graph=True)
        return ((gradient.flatten(1).norm(dim=1) - 1) ** 2).mean()

    def step() -> None:
        for _ in range(5):
            fake = generator(torch.randn(len(real), 128)).detach()
            c_optimiser.zero_grad()
            loss = critic(fake).score.mean() - critic(real).score.mean() + 10 * penalty(fake)
            loss.backward()
            c_optimiser.step()
        g_optimiser.zero_grad()
        (-critic(generator(torch.randn(len(real), 128))).score.mean()).backward()
        g_optimiser.step()

    return step
