"""The coordinator's own player: a generator that moves by gradients from elsewhere, and its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from cancergan.core.seeds import derive_seed, numpy_generator, torch_generator
from cancergan.federation.agreement import Agreement, central_player
from cancergan.federation.maps import drawn_maps
from cancergan.federation.policy import MapSettings
from cancergan.games.base import Batch, Objective, Request, Turn, make_optimiser, move
from cancergan.training import checkpoints
from cancergan.training.averaging import evaluating, follow, keep_averages
from cancergan.training.devices import in_layout, memory_format
from cancergan.training.health import HealthMonitor
from cancergan.training.journal import Journal
from cancergan.training.run import Run

_SHOWN = 32


@dataclass(frozen=True)
class Sent:
    """Images that are under way to one hospital, and what they were made from.

    ``made`` is the last batch of them, with its graph; it serves while the generator stands still.
    """

    site: str
    step: int
    condition: Mapping[str, Tensor]
    images: Tensor
    made: Tensor


class Central:
    """The networks that live at the coordinator, their optimisers, and the record of the run."""

    def __init__(self, agreement: Agreement, run: Run) -> None:
        self.agreement = agreement
        self.run = run
        self.settings = agreement.recipe.training
        self.seed = agreement.recipe.seed
        self.game = agreement.new_game()
        keep_averages(self.game)
        for player in self.game.players.values():
            layout = memory_format(player.network, channels_last=self.settings.channels_last)
            player.network.to(memory_format=layout)  # type: ignore[call-overload]
            player.network.train()
        self.optimisers: checkpoints.Optimisers = {}
        if agreement.method == "asyndgan":
            name = central_player(self.game)
            self.optimisers[name] = make_optimiser(self.game.players[name])
        self.step = 0
        self.health = HealthMonitor()
        self._figures: dict[str, list[float]] = {}
        self.saved_at: int | None = None
        self.journal: Journal | None = None

    def restore(self) -> None:
        """Take up the run's last checkpoint, where it has one, and open its journal."""
        if self.run.has_checkpoint():
            tensors = checkpoints.load_game(self.run.checkpoints, self.game)
            checkpoints.load_optimisers(tensors, self.optimisers)
            self.step = self.saved_at = checkpoints.read_state(self.run.checkpoints)["step"]
        self.journal = Journal(self.run, resumed_at=self.step)

    def make(self, site: str, condition: Mapping[str, Tensor], draws: int) -> Sent:
        """Make the images of one exchange with a site: (draws, B, C, *spatial)."""
        with torch.no_grad():
            before = [self._made(site, self.step, condition, draw) for draw in range(draws - 1)]
        last = self._made(site, self.step, condition, draws - 1)
        images = torch.stack([*before, last.detach()]).contiguous()
        return Sent(site, self.step, condition, images, last)

    def move(self, answers: Sequence[tuple[Sent, Tensor, float]]) -> None:
        """Take one step on gradients (B, C, *spatial) with respect to images, each by its weight.

        Images that were made by an older generator are made again by this one, from the same noise:
        the gradient is then one of slightly other images, which is what staleness means.
        """
        torch.manual_seed(derive_seed(self.seed, "round", self.step))
        name = central_player(self.game)

        def objective(_: Batch) -> Objective:
            parts = [weight * (self._current(sent) * back).sum() for sent, back, weight in answers]
            return Objective({"adversarial": torch.stack(parts).sum()})

        nothing = Batch({}, torch_generator(self.seed, "nothing"))
        move(self.game, Turn(name, objective), nothing, self.optimisers[name])
        self.went_on(1, self.settings.batch_size * len(answers))

    def went_on(self, steps: int, images: int) -> None:
        """Count steps, and let the averaged copies follow."""
        self.step += steps
        for player in self.game.players.values():
            if player.average is not None:
                follow(
                    player.average,
                    player.network,
                    seen=self.step * images // steps,
                    batch=images,
                    half_life=self.settings.average_half_life,
                )

    def hear(self, figures: Mapping[str, float]) -> None:
        """Take note of losses that hospitals report."""
        for name, value in figures.items():
            self._figures.setdefault(name, []).append(value)

    def log(self) -> list[str]:
        """Write the means since the last record, and return what there is to say about them.

        Raises:
            DivergedError: one of them is not a number.
        """
        means = {name: sum(values) / len(values) for name, values in self._figures.items()}
        self._figures = {}
        self.health.check_finite(self.step, means, self.saved_at)
        assert self.journal is not None
        self.journal.record(self.step, means)
        return self.health.hear(means)

    def save(self) -> None:
        """Write weights and state, and a grid of samples."""
        state: dict[str, Any] = {"step": self.step, "seconds": 0.0}
        checkpoints.save(self.run.checkpoints, self.game, self.optimisers, state)
        self.saved_at = self.step
        if self.agreement.method != "classifier" and self.journal is not None:
            self.journal.picture(f"{self.step:08d}", self._samples().numpy())

    def _current(self, sent: Sent) -> Tensor:
        if sent.step == self.step:
            return sent.made
        return self._made(sent.site, sent.step, sent.condition, len(sent.images) - 1)

    def _made(self, site: str, step: int, condition: Mapping[str, Tensor], draw: int) -> Tensor:
        shape = self.game.shape
        size = (self.settings.batch_size, shape.channels, *shape.spatial)
        columns = {"image": torch.zeros(1).expand(size)}  # of the image only the size is read
        columns |= {
            name: in_layout(values[draw], channels_last=self.settings.channels_last)
            for name, values in condition.items()
        }
        generator = torch_generator(self.seed, "draw", step, site, draw)
        return self.game.make(Batch(columns, generator))

    @torch.no_grad()
    def _samples(self) -> Tensor:
        """Synthesise from the same latents every time; of maps drawn as hospitals may draw them."""
        shape = self.game.shape
        label = torch.arange(_SHOWN) % max(1, len(shape.classes)) if shape.classes else None
        given = {}
        if "source" in shape.given:
            source = shape.given["source"]
            random = numpy_generator(self.seed, "shown maps")
            maps = drawn_maps(_SHOWN, source.channels, source.spatial, MapSettings(), random)
            given["source"] = torch.from_numpy(maps)
        generator = torch_generator(self.seed, "fixed latents")
        with evaluating(self.game):
            made = self.game.synthesise(Request(_SHOWN, generator, label, given))
        return made["image"].float()


def with_sites(run: Run, sites: Sequence[str], cases: int) -> Run:
    """Return a run whose record names the hospitals that took part."""
    known = tuple(sorted({*run.trained_on.sites, *sites}))
    trained_on = replace(run.trained_on, sites=known, cases=cases)
    return Run(run.path, run.recipe, trained_on)
