"""The players that live at a hospital: the recipe's own game, played on the hospital's cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from cancergan.core.seeds import derive_seed, numpy_generator, torch_generator
from cancergan.federation.agreement import Agreement, central_player
from cancergan.federation.local_data import LocalData
from cancergan.federation.maps import drawn_maps
from cancergan.federation.policy import MapSettings
from cancergan.games.base import Batch, Game, Objective, Turn, make_optimiser, move, only_moving
from cancergan.training.checkpoints import game_tensors, load_optimisers, optimiser_tensors
from cancergan.training.devices import in_layout, memory_format


class AtSite:
    """A game on one hospital's cases: networks, optimisers, and the number of rounds played.

    Every draw is a function of the hospital's seed and that number, so a restored state goes on as
    if nothing had happened.
    """

    def __init__(self, agreement: Agreement, local: LocalData, seed: int) -> None:
        self.agreement = agreement
        self.settings = agreement.recipe.training
        self.local = local
        self.seed = seed
        self.round = 0
        self.game = agreement.new_game()
        self.place()
        for player in self.game.players.values():
            layout = memory_format(player.network, channels_last=self.settings.channels_last)
            player.network.to(memory_format=layout)  # type: ignore[call-overload]
        self.optimisers = {
            name: make_optimiser(player)
            for name, player in self.game.players.items()
            if any(True for _ in player.network.parameters())
        }
        self._sums: dict[str, list[float]] = {}

    def place(self) -> None:
        """Replace the networks of players that live elsewhere; none by default."""

    @property
    def draws(self) -> int:
        """How many batches one round sees."""
        return draws_of(self.game)

    def tensors(self) -> dict[str, Tensor]:
        """Return networks, memory and moments by name."""
        return game_tensors(self.game) | optimiser_tensors(self.optimisers)

    def load(self, tensors: Mapping[str, Tensor], played: int) -> None:
        """Take up the state after ``played`` rounds."""
        with torch.no_grad():
            for name, value in game_tensors(self.game).items():
                value.copy_(tensors[name])
        load_optimisers(dict(tensors), self.optimisers)
        self.round = played

    def columns(self, draw: int) -> dict[str, Tensor]:
        """Return the cases of one of this round's draws, by column."""
        place = self.round * self.draws + draw
        drawn = self.local.data.batch(place, self.settings.batch_size)
        return {name: torch.from_numpy(values) for name, values in drawn.items()}

    def batch(self, draw: int, turn: int, step: int) -> Batch:
        """Return a draw as one turn's batch, with a generator of its own."""
        generator = torch_generator(self.seed, "draw", self.round, draw, turn, step)
        columns = {name: self.laid_out(values) for name, values in self.columns(draw).items()}
        return Batch(columns, generator)

    def laid_out(self, images: Tensor) -> Tensor:
        """Return images in the layout that convolutions prefer."""
        return in_layout(images, channels_last=self.settings.channels_last)

    def play_turn(self, number: int, turn: Turn, seen: dict[str, Tensor]) -> None:
        """Play a turn if it is due in this round, and take note of what it observed."""
        due = self.round % turn.every == 0 and not turn.rests
        for step in range(turn.steps if due else 0):
            draw = self.draws - 1 if turn.steps == 1 else step
            objective = self.play_step(turn, self.batch(draw, number, step), draw)
            named: dict[str, Any] = {f"{turn.player}/{n}": t for n, t in objective.terms.items()}
            for name, value in {**named, **objective.observations}.items():
                self._sums.setdefault(name, []).append(float(value.detach()))
            seen |= {name: value.clone() for name, value in objective.observations.items()}

    def play_step(self, turn: Turn, batch: Batch, draw: int) -> Objective:
        """Play one step of a turn."""
        return move(self.game, turn, batch, self.optimisers[turn.player])

    def play_round(self) -> None:
        """Play every turn that is due, once around."""
        torch.manual_seed(derive_seed(self.seed, "round", self.round))
        seen: dict[str, Tensor] = {}
        for number, turn in enumerate(self.game.turns()):
            self.play_turn(number, turn, seen)
        self.game.observe(seen)
        self.round += 1

    def figures(self) -> dict[str, float]:
        """Return the means of terms and observations since the last time they were asked for."""
        means = {name: sum(values) / len(values) for name, values in self._sums.items()}
        self._sums = {}
        return means


class Received(nn.Module):
    """Stands for a generator that lives elsewhere: returns the images that came from it."""

    def __init__(self) -> None:
        super().__init__()
        self.images = torch.empty(0)

    def forward(self, *_: object) -> Tensor:
        """Return the received images (B, C, *spatial)."""
        return self.images


class SitePlayers(AtSite):
    """The discriminators of one hospital, whose generator lives at the coordinator (AsynDGAN).

    The game is the recipe's own: its turns are played in its order, with its penalties, its
    augmentation and its memory. Only the network that synthesises is replaced, so a gradient with
    respect to its images is all that the coordinator can be answered with.

    Source: Chang et al. 2020 (AsynDGAN), algorithm 1.
    """

    def __init__(
        self, agreement: Agreement, local: LocalData, maps: MapSettings, seed: int
    ) -> None:
        self.maps = maps
        self.received = Received()
        super().__init__(agreement, local, seed)
        self._images = torch.empty(0)
        self._gradient = torch.empty(0)

    def place(self) -> None:
        """Let a stand-in return what the coordinator's generator has made."""
        self.central = central_player(self.game)
        self.game.players[self.central].network = self.game.standing_in(self.received)

    def condition(self) -> dict[str, Tensor]:
        """Return what this round's synthetic images are to be of: labels, or drawn label maps."""
        condition: dict[str, Tensor] = {}
        if self.agreement.classes:
            labels = [self.columns(draw)["label"] for draw in range(self.draws)]
            condition["label"] = torch.stack(labels)
        if "source" in self.game.shape.given:
            condition["source"] = torch.stack([self._maps(draw) for draw in range(self.draws)])
        return condition

    def exchange(self, images: Tensor) -> Tensor:
        """Play one round on synthetic images (draws, B, C, *spatial).

        Returns the gradient of the generator's loss with respect to the last of the batches,
        (B, C, *spatial).
        """
        self._images, self._gradient = images, torch.zeros_like(images[-1])
        self.play_round()
        return self._gradient

    def play_step(self, turn: Turn, batch: Batch, draw: int) -> Objective:
        """Move a discriminator, or find the gradient that the generator is to be sent."""
        self.received.images = self.laid_out(self._images[draw].detach().clone())
        if turn.player != self.central:
            return super().play_step(turn, batch, draw)
        self.received.images.requires_grad_()
        if "source" in batch.columns:
            maps = self.laid_out(self._maps(draw))
            batch = Batch({**batch.columns, "source": maps}, batch.generator)
        with only_moving(self.game, turn.player):
            objective = turn.objective(batch)
            (gradient,) = torch.autograd.grad(objective.total, self.received.images)
        self._gradient = gradient.contiguous()
        return objective

    def _maps(self, draw: int) -> Tensor:
        source = self.game.shape.given["source"]
        random = numpy_generator(self.seed, "maps", self.round, draw)
        count = self.settings.batch_size
        maps = drawn_maps(count, source.channels, source.spatial, self.maps, random)
        return torch.from_numpy(maps)


def draws_of(game: Game) -> int:
    """Return how many batches one round of a game sees."""
    return max(turn.steps for turn in game.turns())
