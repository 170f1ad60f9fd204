"""What a training would cost, found by playing one round of it on a copy: the dry run."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, Game, Turn, make_optimiser, move
from cancergan.recipes.schema import TrainingSettings
from cancergan.training.data import TrainingData
from cancergan.training.devices import in_layout, memory_format


@dataclass(frozen=True)
class Plan:
    """The size of a training before it begins.

    ``parameters`` counts each player's weights, ``gigaflop`` the floating-point operations of a
    step, ``mebibytes`` weights, moments and the activations kept for the backward pass, ``seconds``
    one step on this machine's CPU as measured just now. Where a game's rounds differ in cost,
    ``stages`` holds them one by one, and the two figures are means over the rounds to be played.
    ``privacy`` has the plan of a private training in words; its steps cost more than measured here.
    """

    cases: int
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    parameters: dict[str, int]
    gigaflop: float
    mebibytes: float
    seconds: float
    steps: int | None
    minutes: float | None
    stages: tuple[StageCost, ...] = ()
    privacy: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return the plan in words, one fact a line."""
        size = " x ".join(map(str, self.shape))
        labelled = (
            f", {len(self.classes)} classes ({', '.join(self.classes)})" if self.classes else ""
        )
        lines = [f"data: {self.cases} cases of {size}{labelled}"]
        lines += [f"{name}: {count:,} parameters" for name, count in self.parameters.items()]
        lines += [
            f"a step: {self.gigaflop:.2f} GFLOP, {self.seconds:.2f} s on this CPU",
            f"memory: about {self.mebibytes:.0f} MiB beside the data",
        ]
        if len(self.stages) > 1:
            lines += [
                f"  from step {stage.begins}: {stage.gigaflop:.2f} GFLOP, {stage.seconds:.2f} s"
                for stage in self.stages
            ]
        if self.steps is not None:
            lines.append(
                f"time: about {self.steps * self.seconds / 60:.1f} minutes for {self.steps} steps"
            )
        if self.minutes is not None:
            lines.append(f"time: at most {self.minutes:g} minutes, about "
                         f"{self.minutes * 60 / self.seconds:.0f} steps")  # fmt: skip
        return [*lines, *self.privacy]


def plan_training(game: Game, data: TrainingData, settings: TrainingSettings) -> Plan:
    """Play each turn of a copy of the game twice (the first warms up) and add up what they took.

    A game with stages is measured at each; what a step costs is the mean over the steps to come.
    """
    trial = copy.deepcopy(game)
    stages = []
    kept = 0
    for begins in trial.stages():
        trial.go_to(begins)
        stage, memory = _stage(trial, begins, data, settings)
        stages.append(stage)
        kept = max(kept, memory)
    weights = {
        name: sum(weight.numel() for weight in player.network.parameters())
        for name, player in game.players.items()
    }
    # weights, their average, gradients and two moments, four bytes each
    held = 5 * 4 * sum(weights.values())
    image = data.columns["image"]
    shares = _shares(stages, settings)
    return Plan(
        cases=len(image),
        shape=tuple(image.shape[1:]),
        classes=game.shape.classes,
        parameters=weights,
        gigaflop=sum(s * stage.gigaflop for s, stage in zip(shares, stages, strict=True)),
        mebibytes=(held + kept) / 2**20,
        seconds=sum(s * stage.seconds for s, stage in zip(shares, stages, strict=True)),
        steps=settings.steps,
        minutes=settings.minutes,
        stages=tuple(stages),
    )


@dataclass(frozen=True)
class StageCost:
    """What one step costs from the step ``begins`` on."""

    begins: int
    gigaflop: float
    seconds: float


def _stage(
    game: Game, begins: int, data: TrainingData, settings: TrainingSettings
) -> tuple[StageCost, int]:
    """Return the cost of a step at one stage, and the bytes kept for its backward passes."""
    flops = seconds = 0.0
    kept = 0
    for number, turn in enumerate(game.turns()):
        cost = _cost(game, turn, number, data, settings)
        share = turn.steps / turn.every
        flops, seconds = flops + share * cost.flops, seconds + share * cost.seconds
        kept = max(kept, cost.kept)
    return StageCost(begins, flops / 1e9, seconds), kept


def _shares(stages: list[StageCost], settings: TrainingSettings) -> list[float]:
    """Return the share of the training's steps that falls into each stage, which add up to 1."""
    left = math.inf if settings.minutes is None else settings.minutes * 60
    ends = [stage.begins for stage in stages[1:]] + [math.inf]
    last = math.inf if settings.steps is None else settings.steps
    lengths = []
    for stage, end in zip(stages, ends, strict=True):
        steps = max(0.0, min(end, last) - stage.begins)
        steps = min(steps, left / max(stage.seconds, 1e-9))
        left -= steps * stage.seconds
        lengths.append(steps)
    total = sum(lengths)
    return [length / total for length in lengths]


@dataclass(frozen=True)
class _Cost:
    """What one step of a turn takes: operations, seconds, bytes kept for the backward pass."""

    flops: float
    seconds: float
    kept: int


def _cost(
    game: Game, turn: Turn, number: int, data: TrainingData, settings: TrainingSettings
) -> _Cost:
    player = game.players[turn.player]
    layout = memory_format(player.network, channels_last=settings.channels_last)
    player.network.to(memory_format=layout)  # type: ignore[call-overload]
    optimiser = make_optimiser(player)
    columns = {
        name: in_layout(torch.from_numpy(values), channels_last=settings.channels_last)
        for name, values in data.batch(number, settings.batch_size).items()
    }
    batch = Batch(columns, torch_generator(0, "plan", number))
    sizes: list[int] = []

    def keep(tensor: Tensor) -> Tensor:
        sizes.append(tensor.numel() * tensor.element_size())
        return tensor

    counter = _Operations()
    with counter, torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        move(game, turn, batch, optimiser)
    started = time.monotonic()
    move(game, turn, batch, optimiser)
    return _Cost(counter.total, time.monotonic() - started, sum(sizes))


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up floating-point operations by torch's own table of formulas.

    torch's FlopCounterMode has the same table, but fails on gradients of gradients (penalties).
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func.overloadpacket)
        if formula is not None:
            self.total += formula(*args, **(kwargs or {}), out_val=result)
        return result
