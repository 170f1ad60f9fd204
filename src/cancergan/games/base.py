"""The contract between a game and whoever plays it: players, turns, objectives, requests.

A game states who moves, in which order, and what each mover minimises. It knows nothing of devices,
logging, checkpoints, privacy or hospitals; whoever plays it knows nothing of adversaries.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from cancergan.core.errors import BadInputError, unknown
from cancergan.core.registry import Registry


class Settings(BaseModel):
    """Base of every block of settings that a recipe may hold: frozen, and unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class ImageShape:
    """What a game is told of its data: channels, spatial size and, where labelled, the classes.

    A table is an image without spatial axes: ``channels`` columns, ``spatial`` empty.

    ``given`` has the shapes of the further columns of images that the game reads ("source"), which
    may have another size.
    """

    channels: int
    spatial: tuple[int, ...]
    classes: tuple[str, ...] = ()
    given: Mapping[str, ImageShape] = field(default_factory=dict)


def as_they_are(counts: Tensor) -> Tensor:
    """Return the counts: what nobody keeps a budget for costs nothing."""
    return counts


@dataclass(frozen=True)
class Batch:
    """The cases of one turn, by column, and the generator from which the turn draws.

    ``columns["image"]`` is (B, C, *spatial) in [-1, 1]; ``columns["label"]`` is (B,) class codes;
    further columns of images ("source") are like ``image``, of the same cases or, where the recipe
    draws them apart, of others.

    ``release`` passes on counts of votes of confined players, of which one patient changes each by
    at most one: as they are, or, where whoever plays the game keeps a budget, noisy and charged.
    """

    columns: Mapping[str, Tensor]
    generator: torch.Generator
    release: Callable[[Tensor], Tensor] = as_they_are

    @property
    def image(self) -> Tensor:
        """The images, (B, C, *spatial) in [-1, 1]."""
        return self.columns["image"]

    @property
    def label(self) -> Tensor | None:
        """The class codes, (B,), or None where the game reads no labels."""
        return self.columns.get("label")


@dataclass(frozen=True)
class Objective:
    """What a mover minimises: the sum of named terms; observations are recorded, not minimised."""

    terms: Mapping[str, Tensor]
    observations: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def total(self) -> Tensor:
        """The scalar whose gradient moves the player."""
        return torch.stack(list(self.terms.values())).sum()


class OptimiserSettings(Settings):
    """How a player learns.

    ``clip_weights`` clamps every weight to [-c, c] after each step (Arjovsky et al. 2017).
    """

    name: Literal["adam", "rmsprop"] = "adam"
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.0, 0.99)
    clip_weights: float | None = None


class NetworkSettings(Settings):
    """Which registered network, and its options (width, normalise, upsampling, ...)."""

    name: str = "convolutional"
    options: dict[str, Any] = {}


@dataclass
class Player:
    """A network with the way it learns; what it may touch and where it lives are its properties.

    Attributes:
        network: what moves.
        optimiser: how it moves.
        touches_real: whether its objective reads real images; such a player's steps are what a
            privacy budget has to pay for.
        synthesises: whether synthesis uses it, so that an averaged copy is worth keeping.
        confined: whether it learns from a part of the patients that no other player sees, and is
            heard by the others through ``Batch.release`` alone (a teacher that votes).
        average: a slowly following copy that synthesis prefers, or None where none is kept.
    """

    network: nn.Module
    optimiser: OptimiserSettings
    touches_real: bool
    synthesises: bool = False
    confined: bool = False
    average: nn.Module | None = None

    @property
    def best(self) -> nn.Module:
        """The network to synthesise with: the average where there is one."""
        return self.network if self.average is None else self.average


@dataclass(frozen=True)
class Turn:
    """One player's move: ``steps`` steps on ``objective`` in every ``every``-th round.

    A turn that ``rests`` is counted, so that draws keep their numbers, and not played.
    """

    player: str
    objective: Callable[[Batch], Objective]
    steps: int = 1
    every: int = 1
    rests: bool = False


@dataclass(frozen=True)
class Request:
    """What to synthesise: how many cases, of which classes (B,), drawn from which generator.

    ``given`` holds the columns (B, C, *spatial) that the game starts from, where it does.
    """

    cases: int
    generator: torch.Generator
    label: Tensor | None = None
    given: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Description:
    """A game in words, for people who choose: one row of the living table.

    Attributes:
        task: what goes in and what comes out.
        inputs: what each player sees, by player.
        losses: what each player minimises, by player.
        data: what the cohort must hold.
        source: the publications.
    """

    task: str
    inputs: Mapping[str, str]
    losses: Mapping[str, str]
    data: str
    source: str


class Game(ABC):
    """Players with opposing or shared objectives. Constructors store and build; nothing trains.

    A concrete game is one file: its settings (``schema``), its turns, its objectives, its
    synthesis, and one ``@games.register(name)`` line.
    """

    schema: ClassVar[type[Settings]]
    players: dict[str, Player]
    shape: ImageShape

    @classmethod
    @abstractmethod
    def build(cls, settings: Settings, shape: ImageShape) -> Game:
        """Return the game for data of one shape, weights drawn from torch's global generator."""

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words, with these settings; at least the task and the data needed."""
        data = ", ".join(f"column {name}" for name in cls.requires(settings))
        return Description((cls.__doc__ or "").partition("\n")[0], {}, {}, data, "")

    @classmethod
    @abstractmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return the cohort columns that the game reads: "image", "label", and others of images."""

    @classmethod
    def may_lack(cls, settings: Settings) -> tuple[str, ...]:
        """Return the required columns that some cases may be without; a missing label is -1."""
        return ()

    @classmethod
    def starts_from(cls, settings: Settings) -> tuple[str, ...]:
        """Return the columns that synthesis needs; none where it starts from noise alone."""
        return ()

    @abstractmethod
    def turns(self) -> list[Turn]:
        """Return the order of one round."""

    @abstractmethod
    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return synthetic columns; ``image`` is (cases, C, *spatial) in [-1, 1]."""

    def make(self, batch: Batch) -> Tensor:
        """Return what the player that synthesises makes of a batch, (B, C, *spatial) in [-1, 1].

        With gradients, for whoever brings the others' judgement from elsewhere. Of ``image`` only
        the size may be read.

        Raises:
            BadInputError: the game's players cannot live apart.
        """
        raise BadInputError(
            f"{type(self).__name__}: its players cannot live apart. Choose a recipe of "
            "noise_to_image or paired_translation."
        )

    def standing_in(self, network: nn.Module) -> nn.Module:
        """Return ``network`` in the form in which the game holds the one that synthesises."""
        return network

    def classify(self, image: Tensor) -> Tensor | None:
        """Return class probabilities (B, K) of images, or None where no player classifies."""
        return None

    def stages(self) -> tuple[int, ...]:
        """Return the rounds, from 0, at which what a round costs changes; none after 0 by default.

        A plan adds the costs up, and the contract is checked at each of them.
        """
        return (0,)

    def go_to(self, rounds: int) -> None:  # noqa: B027
        """Play on as after ``rounds`` rounds; nothing by default, where all rounds are alike."""

    def get_ready(self) -> None:  # noqa: B027
        """Bring what training needs besides the cohort, such as a file of weights; none by default.

        Called once before training begins, never for synthesis.

        Raises:
            BadInputError: it is not there, or not what was stated.
        """

    def judged_by_samples(self) -> bool:
        """Say whether samples tell a better checkpoint from a worse one; else the last is kept."""
        return True

    def memory(self) -> dict[str, Tensor]:
        """Return what the game remembers between rounds besides its networks; none by default."""
        return {}

    def observe(self, observations: Mapping[str, Tensor]) -> None:  # noqa: B027
        """Learn what was observed in the round that ended; nothing by default."""


games: Registry[type[Game]] = Registry("game")


def build_network(
    registry: Registry[type[nn.Module]], wanted: NetworkSettings, **described: object
) -> nn.Module:
    """Return the named network for the described data, with the recipe's options.

    Raises:
        BadInputError: the network or one of its options is unknown, or it cannot do without spatial
            axes where the data is a table.
    """
    kind = registry[wanted.name]
    if described.get("spatial") == () and not getattr(kind, "takes_tables", False):
        able = [name for name in registry if getattr(registry[name], "takes_tables", False)]
        raise BadInputError(
            f'{registry.kind} "{wanted.name}" works on images, and a table has no axes. Known for '
            f"tables: {', '.join(able) or 'none'}."
        )
    allowed = set(inspect.signature(kind.__init__).parameters) - {"self", *described}
    for option in wanted.options:
        if option not in allowed:
            raise unknown(f'option of {registry.kind} "{wanted.name}"', option, allowed)
    return kind(**described, **wanted.options)


@contextmanager
def only_moving(game: Game, mover: str) -> Iterator[None]:
    """Let gradients reach the mover's weights alone: the others' cost nothing and cannot change."""
    for name, player in game.players.items():
        player.network.requires_grad_(name == mover)
    try:
        yield
    finally:
        for player in game.players.values():
            player.network.requires_grad_(True)


def make_optimiser(player: Player) -> torch.optim.Optimizer:
    """Return the optimiser of a player's network."""
    settings = player.optimiser
    weights = player.network.parameters()
    if settings.name == "rmsprop":
        return torch.optim.RMSprop(weights, lr=settings.learning_rate)
    return torch.optim.Adam(weights, lr=settings.learning_rate, betas=settings.betas, fused=True)


def clip_weights(player: Player) -> None:
    """Clamp the player's weights after a step, where its settings ask for it."""
    if player.optimiser.clip_weights is not None:
        with torch.no_grad():
            for weight in player.network.parameters():
                weight.clamp_(-player.optimiser.clip_weights, player.optimiser.clip_weights)


def move(
    game: Game,
    turn: Turn,
    batch: Batch,
    optimiser: torch.optim.Optimizer,
    *,
    backward: Callable[[Tensor], None] = Tensor.backward,
    share: Callable[[nn.Module], None] = lambda network: None,
) -> Objective:
    """Play one step of a turn and return its objective, detached.

    ``backward`` computes gradients and ``share`` averages them over processes: whoever plays the
    game on several devices passes its own.
    """
    player = game.players[turn.player]
    with only_moving(game, turn.player):
        objective = turn.objective(batch)
        optimiser.zero_grad(set_to_none=True)
        backward(objective.total)
        share(player.network)
        optimiser.step()
    clip_weights(player)
    return Objective(
        {name: term.detach() for name, term in objective.terms.items()},
        {name: value.detach() for name, value in objective.observations.items()},
    )
