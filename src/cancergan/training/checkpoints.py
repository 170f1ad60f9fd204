"""The state of a game in play as tensors and JSON, safe against a kill at any instant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from cancergan.core.errors import BadInputError
from cancergan.core.files import read_json, whole_file, write_json
from cancergan.games.base import Game

Optimisers = dict[str, Optimizer]


def game_tensors(game: Game) -> dict[str, Tensor]:
    """Return every tensor of the game by a path-like name: networks, averages, memory."""
    tensors = {f"memory/{name}": value for name, value in game.memory().items()}
    for name, player in game.players.items():
        parts = {"network": player.network, "average": player.average}
        for part, module in parts.items():
            if module is not None:
                tensors |= {f"{name}/{part}/{key}": t for key, t in module.state_dict().items()}
    return tensors


def optimiser_tensors(optimisers: Optimisers) -> dict[str, Tensor]:
    """Return the moments of every optimiser by a path-like name."""
    tensors: dict[str, Tensor] = {}
    for name, optimiser in optimisers.items():
        for number, state in optimiser.state_dict()["state"].items():
            tensors |= {f"{name}/optimiser/{number}/{key}": value for key, value in state.items()}
    return tensors


def save(folder: Path, game: Game, optimisers: Optimisers, state: dict[str, Any]) -> None:
    """Write the weights under a new name, then the state that points to them, then tidy up.

    ``state["step"]`` names the file. Whoever reads ``state.json`` finds whole weights. Where
    ``state["best"]`` names this very step, the game is kept a second time, for synthesis.
    """
    names = {"weights": f"{state['step']:08d}.safetensors"}
    tensors = game_tensors(game)
    if "best" in state:
        names["best_weights"] = f"best_{state['best']['step']:08d}.safetensors"
        if state["best"]["step"] == state["step"]:
            _write(folder / names["best_weights"], tensors)
    _write(folder / names["weights"], tensors | optimiser_tensors(optimisers))
    write_json(folder / "state.json", {**state, **names})
    for old in folder.glob("*.safetensors"):
        if old.name not in names.values():
            old.unlink()


def _write(path: Path, tensors: dict[str, Tensor]) -> None:
    from safetensors.torch import save_file

    plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    with whole_file(path) as temporary:
        save_file(plain, temporary)


def read_state(folder: Path) -> dict[str, Any]:
    """Return the state that the last checkpoint wrote."""
    state: dict[str, Any] = read_json(folder / "state.json")
    return state


def load_game(folder: Path, game: Game, *, best: bool = False) -> dict[str, Tensor]:
    """Copy the checkpoint's weights into the game and return all its tensors.

    ``best`` takes those of the best validation estimate, where there was one, and else the last.

    Raises:
        BadInputError: the weights are missing, damaged, or of another game.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    state = read_state(folder)
    path = folder / state["best_weights" if best and "best" in state else "weights"]
    try:
        tensors = load_file(path)
    except (FileNotFoundError, SafetensorError) as error:
        raise BadInputError(f"{path}: weights cannot be read ({error}). Restore them.") from None
    ours = game_tensors(game)
    missing = [key for key, value in ours.items() if _shape(tensors.get(key)) != value.shape]
    if missing:
        raise BadInputError(
            f"{path}: does not hold {missing[0]} of this game. Is it another run's?"
        )
    with torch.no_grad():
        for key, value in ours.items():
            value.copy_(tensors[key])
    return tensors


def load_optimisers(tensors: dict[str, Tensor], optimisers: Optimisers) -> None:
    """Give every optimiser its moments back, in the memory layout of its weights."""
    for name, optimiser in optimisers.items():
        weights = [weight for group in optimiser.param_groups for weight in group["params"]]
        prefix = f"{name}/optimiser/"
        for key, value in tensors.items():
            if key.startswith(prefix):
                number, entry = key.removeprefix(prefix).split("/")
                weight = weights[int(number)]
                same = value.shape == weight.shape
                copy = torch.empty_like(weight).copy_(value) if same else value.clone()
                optimiser.state[weight][entry] = copy


def _shape(tensor: Tensor | None) -> torch.Size | None:
    return None if tensor is None else tensor.shape
