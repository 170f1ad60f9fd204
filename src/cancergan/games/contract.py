"""The executable contract that every registered game passes: ``check_game``."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from cancergan.core.seeds import torch_generator
from cancergan.games.base import (
    Batch,
    Game,
    ImageShape,
    Objective,
    Request,
    Turn,
    make_optimiser,
    move,
    only_moving,
)

Build = Callable[[ImageShape], Game]
MakeColumns = Callable[[ImageShape, int], dict[str, Tensor]]

_BATCH = 8
_CLASSES = ("benign", "malignant")
SHAPES = (
    ImageShape(1, (16, 16), _CLASSES),
    ImageShape(3, (24, 17), _CLASSES),  # colour, not square, odd
    ImageShape(2, (12, 16, 9), _CLASSES),  # a volume of two sequences
)
# A table of five columns; for games and networks that take one.
TABLE = ImageShape(5, (), _CLASSES)


def shapes_with(
    given: Mapping[str, int], *, equal_channels: bool = False
) -> tuple[ImageShape, ...]:
    """Return the contract's shapes for games that read further columns of images.

    ``given`` says by how much each column is smaller than the image; sides are rounded up to
    multiples of that. Columns have another number of channels than the image, unless equal ones
    are asked for.
    """
    shapes = []
    for shape in SHAPES:
        step = math.lcm(*given.values())
        spatial = tuple(-(-side // step) * step for side in shape.spatial)
        columns = {
            name: ImageShape(
                shape.channels if equal_channels else shape.channels % 3 + 1,
                tuple(side // by for side in spatial),
            )
            for name, by in given.items()
        }
        shapes.append(ImageShape(shape.channels, spatial, shape.classes, columns))
    return tuple(shapes)


def noise_columns(shape: ImageShape, cases: int) -> dict[str, Tensor]:
    """Return columns of random images in [-1, 1] and class codes that take turns."""
    columns = {"label": torch.arange(cases) % max(1, len(shape.classes))}
    for name, part in {"image": shape, **shape.given}.items():
        generator = torch_generator(0, "contract", name, *part.spatial)
        drawn = torch.rand(cases, part.channels, *part.spatial, generator=generator)
        columns[name] = drawn * 2 - 1
    return columns


def check_game(
    build: Build,
    *,
    shapes: tuple[ImageShape, ...] = SHAPES,
    columns: MakeColumns = noise_columns,
) -> None:
    """Raise AssertionError, saying which clause and shape, unless the game keeps the contract.

    ``build`` returns a fresh game for a shape; it is called after ``torch.manual_seed(0)``.
    Clauses: synthetic images have the shape and range of the data; objective terms are finite,
    named scalars; a turn moves its mover and nobody else; the same seed plays the same game; a
    copy restored from its tensors plays on bit-equal; a step on one batch lowers its objective.
    All of them hold at each of the game's stages.
    """
    for shape in shapes:
        data = columns(shape, _BATCH)
        for stage in _fresh(build, shape).stages():
            fresh = partial(_fresh, build, shape, stage)
            for clause in (_synthesises, _names_finite_terms, _moves_only_the_mover,
                           _repeats_under_a_seed, _resumes_bit_equal, _learns):  # fmt: skip
                clause(fresh, data)


def _fresh(build: Build, shape: ImageShape, stage: int = 0) -> Game:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        game = build(shape)
    game.go_to(stage)
    return game


def _batch(data: dict[str, Tensor], draw: object = 0) -> Batch:
    return Batch(data, torch_generator(0, "contract draw", draw))


def _require(holds: bool, game: Game, clause: str) -> None:
    assert holds, f"{type(game).__name__} at {game.shape.spatial}: {clause}"


def _synthesises(fresh: Callable[[], Game], data: dict[str, Tensor]) -> None:
    game = fresh()
    for player in game.players.values():
        player.network.eval()
    label = data["label"][:3]
    given = {name: data[name][:3] for name in game.shape.given}
    image = game.synthesise(Request(3, torch_generator(0), label, given))["image"]
    expected = (3, game.shape.channels, *game.shape.spatial)
    _require(tuple(image.shape) == expected, game, f"image is {tuple(image.shape)}, not {expected}")
    _require(bool((image.abs() <= 1).all()), game, "synthetic values leave [-1, 1]")


def _names_finite_terms(fresh: Callable[[], Game], data: dict[str, Tensor]) -> None:
    game = fresh()
    for turn in game.turns():
        objective = turn.objective(_batch(data))
        _require(bool(objective.terms), game, f"{turn.player}: no terms")
        for name, term in objective.terms.items():
            _require(bool(name) and term.ndim == 0, game, f"{turn.player}/{name}: not a scalar")
            _require(math.isfinite(term.item()), game, f"{turn.player}/{name}: {term.item()}")


def _moves_only_the_mover(fresh: Callable[[], Game], data: dict[str, Tensor]) -> None:
    game = fresh()
    for turn in game.turns():
        before = {name: _weights(game, name) for name in game.players}
        move(game, turn, _batch(data), make_optimiser(game.players[turn.player]))
        for name in game.players:
            moved = not _equal(before[name], _weights(game, name))
            _require(moved == (name == turn.player), game, f"{turn.player}'s turn: {name}: {moved}")


def _repeats_under_a_seed(fresh: Callable[[], Game], data: dict[str, Tensor]) -> None:
    one, two = fresh(), fresh()
    first, second = _play(one, data, 2), _play(two, data, 2)
    _require(_equal(first, second), one, "the same seed played two different games")


def _resumes_bit_equal(fresh: Callable[[], Game], data: dict[str, Tensor]) -> None:
    played = fresh()
    _play(played, data, 1)
    restored = fresh()
    for name, player in played.players.items():
        restored.players[name].network.load_state_dict(copy.deepcopy(player.network.state_dict()))
    for name, value in played.memory().items():
        restored.memory()[name].copy_(value)
    _require(_equal(_play(played, data, 1), _play(restored, data, 1)), played, "resume differs")


def _learns(fresh: Callable[[], Game], data: dict[str, Tensor]) -> None:
    """A short enough step down the gradient lowers the objective of each turn."""
    for number in range(len(fresh().turns())):
        ends = []
        for length in (1e-2, 1e-3, 1e-4):
            game = fresh()
            turn = game.turns()[number]
            start = _total(game, turn, data)
            _descend(game, turn, data, length)
            ends.append(_total(game, turn, data))
        _require(min(ends) < start, game, f"{turn.player} did not learn: {start} -> {ends}")


def _descend(game: Game, turn: Turn, data: dict[str, Tensor], length: float) -> None:
    """Move the mover down its gradient by ``length`` times the size of its weights."""
    with only_moving(game, turn.player):
        torch.autograd.backward(turn.objective(_batch(data)).total)
    weights = [w for w in game.players[turn.player].network.parameters() if w.grad is not None]
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    size = torch.stack([weight.detach().norm() for weight in weights]).norm()
    slope = torch.stack([gradient.norm() for gradient in gradients]).norm()
    with torch.no_grad():
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.sub_(gradient, alpha=float(length * size / slope.clamp_min(1e-12)))


def _total(game: Game, turn: Turn, data: dict[str, Tensor]) -> float:
    with only_moving(game, turn.player):
        objective: Objective = turn.objective(_batch(data))
    return objective.total.item()


def _play(game: Game, data: dict[str, Tensor], rounds: int) -> list[Tensor]:
    for number in range(rounds):
        for place, turn in enumerate(game.turns()):
            optimiser = make_optimiser(game.players[turn.player])
            move(game, turn, _batch(data, (number, place)), optimiser)
    return [tensor for name in game.players for tensor in _weights(game, name)]


def _weights(game: Game, player: str) -> list[Tensor]:
    return [weight.detach().clone() for weight in game.players[player].network.parameters()]


def _equal(first: list[Tensor], second: list[Tensor]) -> bool:
    return all(torch.equal(one, two) for one, two in zip(first, second, strict=True))
