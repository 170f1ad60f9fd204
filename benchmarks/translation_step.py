"""A step of pix2pix and of CycleGAN against a straightforward PyTorch loop, same networks."""

from __future__ import annotations

import copy
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from benchmarks.paired import Comparison, compare
from cancergan.cohort import Cohort
from cancergan.recipes.loader import load_recipe
from cancergan.training.devices import start_fabric
from cancergan.training.material import prepare_training
from cancergan.training.progress import Quiet
from cancergan.training.run import Run
from cancergan.training.session import new_game
from cancergan.training.trainer import Trainer

SAME = {"training.steps": 10**6, "training.accelerator": "cpu"}
PAIRS = {"data.source": {"channels": [0]}, "data.image": {"channels": [1]}}


def translation_steps() -> list[Comparison]:
    """Compare pix2pix at 128 x 128 and 32 x 32 x 32, and CycleGAN at 64 x 64."""
    rows = []
    for name, plain, spatial, batch in (
        ("pix2pix", pix2pix_step, (128, 128), 4),
        ("pix2pix", pix2pix_step, (32, 32, 32), 4),
        ("cyclegan", cyclegan_step, (64, 64), 2),
    ):
        trainer = _trainer(name, spatial, batch)
        networks = [copy.deepcopy(player.network) for player in trainer.game.players.values()]
        columns = trainer.data.columns
        source, image = (torch.from_numpy(columns[name][:batch]) for name in ("source", "image"))
        step = plain(*networks, source, image)
        trainer.set_up()
        title = f"{name} step, {' x '.join(map(str, spatial))}, batch {batch}"
        rows.append(compare(title, trainer.play_round, step, pairs=9))
    return rows


def _trainer(name: str, spatial: tuple[int, ...], batch: int) -> Trainer:
    size = {"image_size": list(spatial), "training.batch_size": batch}
    recipe = load_recipe(name, {**SAME, **PAIRS, **size})
    draw = np.random.default_rng(0)
    images = draw.integers(0, 255, (max(4, 2 * batch), 2, *spatial), dtype=np.uint8)
    data, trained_on = prepare_training(recipe, Cohort.from_arrays(images))
    run = Run(Path(tempfile.gettempdir()) / "never-written", recipe, trained_on)
    return Trainer(new_game(recipe, trained_on), data, run, start_fabric(recipe.training), Quiet())


def pix2pix_step(
    generator: nn.ModuleDict, judge: nn.Module, source: Tensor, image: Tensor
) -> Callable[[], None]:
    """Return the step of the published loop: one translation, discriminator first, then it."""
    translate = generator["translate"]
    g_optimiser = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_optimiser = torch.optim.Adam(judge.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def against(score: Tensor, wanted: float) -> Tensor:
        return mse_loss(score, torch.full_like(score, wanted))

    def step() -> None:
        made = translate(source)
        judge.requires_grad_(True)
        d_optimiser.zero_grad()
        on_made = judge(torch.cat([source, made.detach()], 1)).score
        on_real = judge(torch.cat([source, image], 1)).score
        ((against(on_made, 0) + against(on_real, 1)) / 2).backward()
        d_optimiser.step()
        judge.requires_grad_(False)
        g_optimiser.zero_grad()
        on_made = judge(torch.cat([source, made], 1)).score
        (against(on_made, 1) + 100 * l1_loss(made, image)).backward()
        g_optimiser.step()

    return step


def cyclegan_step(
    generators: nn.ModuleDict, judges: nn.ModuleDict, source: Tensor, image: Tensor
) -> Callable[[], None]:
    """Return the step of the published loop: both generators, then both discriminators."""
    there, back = generators["there"], generators["back"]
    g_optimiser = torch.optim.Adam(generators.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_optimiser = torch.optim.Adam(judges.parameters(), lr=2e-4, betas=(0.5, 0.999))
    pools: dict[str, list[Tensor]] = {"image": [], "source": []}
    draw = random.Random(0)

    def against(score: Tensor, wanted: float) -> Tensor:
        return mse_loss(score, torch.full_like(score, wanted))

    def pooled(kind: str, made: Tensor) -> Tensor:
        shown = []
        for one in made:
            if len(pools[kind]) < 50:
                pools[kind].append(one)
                shown.append(one)
            elif draw.random() < 0.5:
                shown.append(one)
            else:
                place = draw.randrange(50)
                shown.append(pools[kind][place])
                pools[kind][place] = one
        return torch.stack(shown)

    def step() -> None:
        judges.requires_grad_(False)
        g_optimiser.zero_grad()
        made = {"image": there(source), "source": back(image)}
        loss = against(judges["image"](made["image"]).score, 1)
        loss = loss + against(judges["source"](made["source"]).score, 1)
        loss = loss + 10 * l1_loss(back(made["image"]), source)
        loss = loss + 10 * l1_loss(there(made["source"]), image)
        loss = loss + 5 * l1_loss(there(image), image) + 5 * l1_loss(back(source), source)
        loss.backward()
        g_optimiser.step()
        judges.requires_grad_(True)
        d_optimiser.zero_grad()
        for kind, real in (("image", image), ("source", source)):
            on_real = judges[kind](real).score
            on_made = judges[kind](pooled(kind, made[kind].detach())).score
            ((against(on_real, 1) + against(on_made, 0)) / 2).backward()
        d_optimiser.step()

    return step
