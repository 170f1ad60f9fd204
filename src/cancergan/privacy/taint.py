"""Refuses games in which something real would reach an open player: by word, and by trial.

A player *learns privately* where its gradients are clipped and noised, and *openly* otherwise. Real
images may move private players alone. What a game says of its players (``touches_real``) is checked
first; then the game is tried with two different sets of made-up images, and whatever an open player
learns, observes or remembers must be the same with both. No patient is looked at for it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from cancergan.core.errors import BadInputError, unknown
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, Game, Turn, as_they_are, only_moving
from cancergan.games.contract import noise_columns
from cancergan.privacy.teachers import CountedVotes

Columns = Mapping[str, Tensor]
_CASES = 4  # in a trial; enough to see whether one image's judgement depends on another's
_ENSEMBLES = 12  # of other teachers, so that some of their majorities differ


def private_players(game: Game, further: tuple[str, ...]) -> tuple[str, ...]:
    """Return who learns privately: all that read real images; if they synthesise, only when named.

    Raises:
        BadInputError: an unknown player, or one that reads real images and would learn openly.
    """
    for name in further:
        if name not in game.players:
            raise unknown("player in privacy.players", name, game.players)
    chosen = []
    confined = clipped = False
    for name, player in game.players.items():
        if name in further or (player.touches_real and not player.synthesises):
            chosen.append(name)
            confined |= player.confined
            clipped |= not player.confined
        elif player.touches_real:
            raise BadInputError(
                f'player "{name}" makes images and its objective reads real ones: its weights '
                f"would carry patients out. Let it learn privately too (privacy.players=[{name}]), "
                "or choose a loss without real images."
            )
    if not chosen:
        raise BadInputError("no player reads real images: there is nothing to keep private.")
    if confined and clipped:
        raise BadInputError(
            "teachers vote and another player reads real images too: one run has one mechanism. "
            "Choose a game whose teachers alone read real images."
        )
    return tuple(chosen)


def check_private(game: Game, private: tuple[str, ...]) -> tuple[float, ...]:
    """Try the game and refuse it, with the reason, unless real images move private players alone.

    Returns how many votes each turn asks for, by case of its batch: 0 where no teachers vote.

    Raises:
        BadInputError: an open player's gradient, an observation or a memory depends on real images;
            a private player judges images together, or its objective on what another turn left.
    """
    real = noise_columns(game.shape, 2 * _CASES)
    first = {name: value[:_CASES] for name, value in real.items()}
    second = {name: value[_CASES:] for name, value in real.items()}
    second["label"] = second["label"].flip(0)
    for number, turn in enumerate(game.turns()):
        if turn.player in private and not game.players[turn.player].confined:
            _refuse_mixing(game, number, first)
            _refuse_recollection(game, number, first, second)
    _refuse_interference(game, private, first, second)
    _refuse_observation(game, private, first)
    return _refuse_overhearing(game, private, first)


@contextmanager
def one_patient_at_a_time(game: Game, mover: str) -> Iterator[None]:
    """Let the mover train and everybody else evaluate: nobody's layers look at other images.

    Batch normalisation of a generator then uses its running statistics, which its own turns learn.
    """
    others = [p.network for name, p in game.players.items() if name != mover]
    states = [network.training for network in others]
    for network in others:
        network.eval()
    try:
        yield
    finally:
        for network, training in zip(others, states, strict=True):
            network.train(training)


def _tried(
    game: Game,
    turn: Turn,
    columns: Columns,
    *,
    private: bool,
    release: Callable[[Tensor], Tensor] = as_they_are,
) -> list[Tensor]:
    """Return the mover's gradients, its objective and its observations on one batch."""
    mover = game.players[turn.player].network
    batch = Batch(columns, torch_generator(0, "taint"), release)
    with only_moving(game, turn.player):
        if private:
            with one_patient_at_a_time(game, turn.player):
                objective = turn.objective(batch)
        else:
            objective = turn.objective(batch)
        weights = [w for w in mover.parameters() if w.requires_grad]
        gradients = torch.autograd.grad(
            objective.total, weights, allow_unused=True, materialize_grads=True
        )
    return [*gradients, objective.total.detach(), *objective.observations.values()]


def _refuse_interference(
    game: Game, private: tuple[str, ...], first: Columns, second: Columns
) -> None:
    """Play a round with either set of images, nobody moving, and compare all that is open."""
    one, two = copy.deepcopy(game), copy.deepcopy(game)
    public = {"label": first["label"]}
    for turn, again in zip(one.turns(), two.turns(), strict=True):
        hidden = turn.player in private
        mine = first if hidden else {**first, **public}
        theirs = second if hidden else {**second, **public}
        torch.manual_seed(0)
        learnt = _tried(one, turn, mine, private=hidden)
        torch.manual_seed(0)
        other = _tried(two, again, theirs, private=hidden)
        if not hidden and not _equal(learnt, other):
            raise BadInputError(
                f'player "{turn.player}" learns openly, and what it learns depends on real images '
                "though the game does not say so. Let it learn privately "
                f"(privacy.players=[{turn.player}]), or play another game."
            )
    kept, also = _kept(one), _kept(two)
    for name in kept:
        if not _equal([kept[name]], [also[name]]):
            raise BadInputError(
                f"the game keeps {name}, which depends on real images and is not learnt by noisy "
                "gradients. Use group or no normalisation, or play another game."
            )


def _refuse_overhearing(
    game: Game, private: tuple[str, ...], columns: Columns
) -> tuple[float, ...]:
    """Give the teachers other weights: where their votes are not told, nobody else may notice."""
    asked: list[float] = []
    original = copy.deepcopy(game)
    others = [_with_other_teachers(game, private, number) for number in range(_ENSEMBLES)]
    for number, turn in enumerate(original.turns()):
        counted = CountedVotes()
        if turn.player not in private:
            mine = _tried(original, turn, columns, private=False, release=counted)
            for other in others:
                again = other.turns()[number]
                theirs = _tried(other, again, columns, private=False, release=CountedVotes())
                if not _equal(mine, theirs):
                    raise BadInputError(
                        f'player "{turn.player}" hears the teachers otherwise than by votes that '
                        "are released. Pass what they say on by Batch.release."
                    )
        asked.append(counted.queries / _CASES)
    return tuple(asked)


@torch.no_grad()
def _with_other_teachers(game: Game, private: tuple[str, ...], number: int) -> Game:
    """Return a copy of the game whose confined players have other weights."""
    other = copy.deepcopy(game)
    generator = torch_generator(0, "teachers", number)
    for name in private:
        if game.players[name].confined:
            for weight in other.players[name].network.parameters():
                weight.normal_(0, float(weight.std(correction=0)) + 0.1, generator=generator)
    return other


def _refuse_observation(game: Game, private: tuple[str, ...], columns: Columns) -> None:
    """See whether the game remembers observations of its private players: those are of patients."""
    trial = copy.deepcopy(game)
    names = {
        name
        for turn in trial.turns()
        if turn.player in private
        for name in turn.objective(Batch(columns, torch_generator(0, "taint"))).observations
    }
    for value in (1.0, -1.0):
        before = {name: tensor.clone() for name, tensor in trial.memory().items()}
        trial.observe({name: torch.tensor(value) for name in names})
        for name, tensor in trial.memory().items():
            if not torch.equal(before[name], tensor):
                raise BadInputError(
                    f"{name} follows what a private player thinks of real images (adaptive "
                    "augmentation does). Give it a number: game.augmentation.probability=0."
                )


def _refuse_recollection(game: Game, number: int, first: Columns, second: Columns) -> None:
    """See whether a turn's objective uses what an earlier turn left: another patient, then."""
    fresh, after = copy.deepcopy(game), copy.deepcopy(game)
    mover = game.turns()[number].player
    for earlier in after.turns():
        _tried(after, earlier, second, private=earlier.player == mover)
    for buffer, original in zip(_buffers(after), _buffers(game), strict=True):
        buffer.copy_(original)
    results = []
    for trial in (fresh, after):
        torch.manual_seed(0)
        results.append(_tried(trial, trial.turns()[number], first, private=True))
    if not _equal(*results):
        raise BadInputError(
            f'player "{mover}" judges images that an earlier turn left behind, so that one '
            "patient's gradient would depend on another's. This game cannot learn privately."
        )


def _refuse_mixing(game: Game, number: int, columns: Columns) -> None:
    """Compare what the mover says of one image alone and among others."""
    trial = copy.deepcopy(game)
    turn = trial.turns()[number]
    network = trial.players[turn.player].network
    calls: list[tuple[object, ...]] = []
    hook = network.register_forward_pre_hook(lambda _, given: calls.append(given))
    for module in network.modules():
        if isinstance(module, (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)):
            module.eval()
    turn.objective(Batch(columns, torch_generator(0, "taint")))
    hook.remove()
    for given in calls:
        if not _alone_as_among_others(network, given):
            raise BadInputError(
                f'player "{turn.player}" judges images together ({_culprits(network)}), and a '
                "private player sees one patient at a time: set normalise to group or none and "
                f"minibatch_deviation to false in game.{turn.player}.options."
            )


@torch.no_grad()
def _alone_as_among_others(network: nn.Module, given: tuple[object, ...]) -> bool:
    tensors = [value for value in given if isinstance(value, Tensor)]
    if not tensors or len(tensors[0]) < 2:
        return True
    rows = len(tensors[0])

    def cut(value: object) -> object:
        return value[:1] if isinstance(value, Tensor) and len(value) == rows else value

    among, alone = _tensors(network(*given)), _tensors(network(*map(cut, given)))
    return all(
        torch.allclose(whole[:1], part, rtol=1e-3, atol=1e-4)
        for whole, part in zip(among, alone, strict=True)
    )


def _tensors(result: object) -> list[Tensor]:
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, tuple | list):
        return [tensor for part in result for tensor in _tensors(part)]
    return []


def _culprits(network: nn.Module) -> str:
    names = {type(module).__name__ for module in network.modules()}
    known = sorted(name for name in names if "BatchNorm" in name or "Minibatch" in name)
    return ", ".join(known) or type(network).__name__


def _kept(game: Game) -> dict[str, Tensor]:
    """Return what a game keeps besides weights: its memory, and its networks' statistics."""
    statistics = {
        f"{name} of {player}": value
        for player, held in game.players.items()
        for name, value in held.network.named_buffers()
    }
    return {**statistics, **game.memory()}


def _buffers(game: Game) -> list[Tensor]:
    return [buffer for player in game.players.values() for buffer in player.network.buffers()]


def _equal(mine: list[Tensor], theirs: list[Tensor]) -> bool:
    return len(mine) == len(theirs) and all(map(torch.equal, mine, theirs))
