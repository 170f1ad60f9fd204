"""Federated averaging: every hospital trains all networks, the coordinator averages the weights.

Source: McMahan et al. 2017, algorithm 1; of generators and discriminators, Rasouli et al. 2020
(FedGAN). The baselines that AsynDGAN is compared with; here networks that were trained on patients
leave the hospital.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.downstream.classifier import new_encoder, new_head
from cancergan.federation.messages import MessageError
from cancergan.federation.site_players import AtSite
from cancergan.games.base import (
    Batch,
    Game,
    ImageShape,
    Objective,
    OptimiserSettings,
    Player,
    Request,
    Settings,
    Turn,
)


class ClassifierSettings(Settings):
    """Nothing to choose: the network and its training are those of ``downstream.classifier``."""


class ClassifierGame(Game):
    """A classifier alone: what is trained after federation, or instead of it.

    It synthesises nothing, so it is not among the games that a recipe may name.
    """

    schema: ClassVar[type[Settings]] = ClassifierSettings

    def __init__(self, shape: ImageShape, network: nn.Module) -> None:
        self.shape = shape
        optimiser = OptimiserSettings(learning_rate=1e-3, betas=(0.9, 0.999))
        self.players = {"classifier": Player(network, optimiser, touches_real=True)}

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> ClassifierGame:
        """Return the classifier for data of one shape, weights from torch's global generator."""
        if len(shape.classes) < 2:
            raise BadInputError("a classifier needs at least 2 classes: name them with --classes.")
        seed = int(torch.randint(2**31, ()))
        encoder = new_encoder(shape.channels, len(shape.spatial), seed)
        return cls(shape, nn.Sequential(encoder, new_head(len(shape.classes), seed)))

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image" and "label"."""
        return ("image", "label")

    def turns(self) -> list[Turn]:
        """Return the classifier's one turn."""
        return [Turn("classifier", self.objective)]

    def objective(self, batch: Batch) -> Objective:
        """Name the class of real images."""
        assert batch.label is not None
        logits = self.players["classifier"].network(batch.image)
        return Objective({"cross_entropy": functional.cross_entropy(logits, batch.label)})

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Refuse: a classifier makes no images."""
        raise BadInputError("a classifier makes no images. Choose --method asyndgan or average.")


def weights_of(game: Game) -> dict[str, Tensor]:
    """Return the weights and running statistics of all players by name."""
    return {
        f"{name}/{key}": value
        for name, player in game.players.items()
        for key, value in player.network.state_dict().items()
        if value.is_floating_point()
    }


def parameters_of(game: Game) -> set[str]:
    """Return the names, among those of the weights, that an optimiser moves."""
    return {
        f"{name}/{key}"
        for name, player in game.players.items()
        for key, _ in player.network.named_parameters()
    }


@torch.no_grad()
def set_weights(game: Game, weights: Mapping[str, Tensor]) -> None:
    """Copy weights into a game.

    Raises:
        MessageError: names or shapes are not the game's.
    """
    own = weights_of(game)
    if set(own) != set(weights):
        odd = sorted(set(own) ^ set(weights))
        raise MessageError(f"weights: {odd[0]} is not in both games. Is it another recipe's?")
    for name, value in own.items():
        if weights[name].shape != value.shape or not weights[name].is_floating_point():
            raise MessageError(f"weights: {name} has another shape or type than the game's.")
    for name, value in own.items():
        value.copy_(weights[name])


def train_at_site(site: AtSite, weights: Mapping[str, Tensor], rounds: int) -> dict[str, float]:
    """Take up the common weights and play ``rounds`` rounds on the hospital's cases."""
    if not 1 <= rounds <= 10_000:
        raise MessageError(f"average: {rounds} rounds; 1 to 10,000 are accepted.")
    set_weights(site.game, weights)
    for _ in range(rounds):
        site.play_round()
    return site.figures()


def averaged(parts: Sequence[Mapping[str, Tensor]], shares: Sequence[float]) -> dict[str, Tensor]:
    """Return the mean of weights, each part by its share; shares add up to 1.

    >>> averaged([{"w": torch.zeros(1)}, {"w": torch.ones(1)}], [0.25, 0.75])
    {'w': tensor([0.7500])}
    """
    return {
        name: torch.stack([s * p[name] for s, p in zip(shares, parts, strict=True)]).sum(dim=0)
        for name in parts[0]
    }
