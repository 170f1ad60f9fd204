"""What a run's latent space shows: walks between images, truncation, class sweeps, inversion.

Frames are arrays (rows, frames, C, *spatial) in [-1, 1]; a row is one walk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cancergan.core.errors import BadInputError, unknown
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Game, Request
from cancergan.games.latent import LatentGame
from cancergan.networks.layers import halve
from cancergan.training.run import Run

Frames = npt.NDArray[np.float32]
Kind = Literal["interpolation", "truncation", "classes"]

_MEAN_OF = 512  # points whose mean stands for the middle of latent space
_WIDEST = 1.25  # truncation goes a little beyond 1, where images become rare


def film(run: Run, kind: str, *, rows: int = 4, frames: int = 9, seed: int = 0) -> Frames:
    """Return the frames of one kind of film of a run.

    "interpolation" walks from one image to another, "truncation" from the mean image (0) to rare
    ones, "classes" shows the same latent as each class in turn. In a game with classes the rows
    take turns through them.

    Raises:
        BadInputError: an unknown kind, a run without a latent space, or without classes to sweep.
    """
    if kind not in get_args(Kind):
        raise unknown("kind of film", kind, get_args(Kind))
    if rows < 1 or frames < 2:
        raise BadInputError(f"{rows} rows of {frames} frames; ask for 1 row, 2 frames at least.")
    game = latent_game(run.game(), str(run.path))
    made: dict[str, Callable[[], Frames]] = {
        "interpolation": lambda: interpolation(game, rows=rows, frames=frames, seed=seed),
        "truncation": lambda: truncation(game, rows=rows, frames=frames, seed=seed),
        "classes": lambda: class_sweep(game, rows=rows, seed=seed),
    }
    return made[kind]()


def latent_game(game: Game, of: str) -> LatentGame:
    """Return the game, if it has a latent space.

    Raises:
        BadInputError: it has none, or makes tables, which no film can show.
    """
    if not isinstance(game, LatentGame):
        raise BadInputError(
            f"{of}: this game has no latent space to walk in. Choose a run that starts from noise."
        )
    if not game.shape.spatial:
        raise BadInputError(f"{of}: makes tables, not images; there is nothing to film or invert.")
    return game


def interpolation(game: LatentGame, *, rows: int, frames: int, seed: int) -> Frames:
    """Return walks between two points, by the arc around the middle of latent space."""
    label = _labels(game, rows)
    one, two = (_points(game, label, rows, seed, end) for end in ("from", "to"))
    middle = mean_point(game, label, rows, seed)
    steps = [between(one, two, middle, share) for share in np.linspace(0, 1, frames)]
    return _painted(game, steps, [label] * frames, seed)


def truncation(game: LatentGame, *, rows: int, frames: int, seed: int) -> Frames:
    """Return points drawn towards the middle: 0 is the mean image, 1 the image itself.

    Source: Brock et al. 2019, section 3.1; in styles Karras et al. 2019, appendix B.
    """
    label = _labels(game, rows)
    points, middle = _points(game, label, rows, seed, "from"), mean_point(game, label, rows, seed)
    shares = np.linspace(0, _WIDEST, frames)
    steps = [middle + share * (points - middle) for share in shares]
    return _painted(game, steps, [label] * frames, seed)


def class_sweep(game: LatentGame, *, rows: int, seed: int) -> Frames:
    """Return the same noise decoded as each class in turn.

    Raises:
        BadInputError: the game has no classes.
    """
    if not game.shape.classes:
        raise BadInputError("this run has no classes to sweep. Train a conditional recipe (cgan).")
    labels = [torch.full((rows,), code) for code in range(len(game.shape.classes))]
    steps = [_points(game, label, rows, seed, "from") for label in labels]
    return _painted(game, steps, list(labels), seed)


def between(one: Tensor, two: Tensor, middle: Tensor, share: float) -> Tensor:
    """Return the point at ``share`` of the way from one point to another, (B, L) all.

    Directions from the middle turn along the arc and their lengths change evenly, so that the way
    stays as far out as its ends (White 2016, "Sampling generative networks", section 2.1).
    """
    first, second = one - middle, two - middle
    sizes = [end.norm(dim=1, keepdim=True).clamp_min(1e-8) for end in (first, second)]
    first, second = first / sizes[0], second / sizes[1]
    angle = (first * second).sum(dim=1, keepdim=True).clamp(-1, 1).acos()
    sine = angle.sin()
    arc = ((1 - share) * angle).sin() * first + (share * angle).sin() * second
    straight = (1 - share) * first + share * second  # where the arc has no length
    direction = torch.where(sine > 1e-4, arc / sine.clamp_min(1e-8), straight)
    size: Tensor = (1 - share) * sizes[0] + share * sizes[1]
    return middle + size * direction


@torch.no_grad()
def mean_point(game: LatentGame, label: Tensor | None, rows: int, seed: int) -> Tensor:
    """Return the middle of latent space for each row's class, (rows, L)."""
    means: dict[int, Tensor] = {}
    codes = [0] * rows if label is None else [int(code) for code in label]
    for code in set(codes):
        generator = torch_generator(seed, "mean latent")
        asked = None if label is None else torch.full((_MEAN_OF,), code)
        means[code] = game.latents(Request(_MEAN_OF, generator, asked)).mean(dim=0)
    return torch.stack([means[code] for code in codes])


@dataclass(frozen=True)
class Inversion:
    """Points of latent space for given images, and what they look like.

    Attributes:
        latents: (n, L).
        images: (n, C, *spatial) in [-1, 1], decoded from them.
        errors: (n,) root mean square errors of pixels, in the range [-1, 1].
        first: the same errors before anything was optimised.
        encoded: whether the start came from the game's encoder; else from the mean of the space.
    """

    latents: Frames
    images: Frames
    errors: npt.NDArray[np.float64]
    first: npt.NDArray[np.float64]
    encoded: bool


def invert(
    game: LatentGame,
    images: Frames,
    labels: npt.NDArray[np.int64] | None = None,
    *,
    steps: int = 200,
    rate: float = 0.05,
    seed: int = 0,
    encode: bool = True,
    feature_weight: float = 0.0,
) -> Inversion:
    """Find the points of latent space that look like images (n, C, *spatial) in [-1, 1].

    Begins where the game's encoder points, or at the middle where there is none or ``encode`` is
    false, and goes down the squared error of pixels over all halvings of the image, by Adam, plus
    ``feature_weight`` times that of the discriminator's features (Schlegl et al. 2017, eq. 5);
    every image keeps the point with the least error of pixels. ``steps`` 0 encodes only. Images
    that the generator cannot make stay apart: the errors say how far.

    Raises:
        BadInputError: a negative number of steps.
    """
    if steps < 0:
        raise BadInputError(f"steps is {steps}; give 0 to encode only, or more to search.")
    for player in game.players.values():
        player.best.requires_grad_(False).eval()  # points move here, networks do not
    target = torch.from_numpy(images)
    label = None if labels is None else torch.from_numpy(labels)
    with torch.no_grad():
        start = game.encode(target, label) if encode else None
        encoded = start is not None
        if start is None:
            start = mean_point(game, label, len(target), seed)
        first = _errors(game.decode(start, label, None), target)
        wanted = game.features(target, label) if feature_weight else None
    best, least = start.clone(), first.clone()
    points = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([points], lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        made = game.decode(points, label, None)
        distance = _distance(made, target)
        if wanted is not None:
            seen = game.features(made, label)
            assert seen is not None
            distance = distance + feature_weight * (seen - wanted).square().mean()
        torch.autograd.backward(distance)
        optimiser.step()
        with torch.no_grad():
            errors = _errors(game.decode(points, label, None), target)
            better = errors < least
            best[better], least[better] = points[better], errors[better]
    with torch.no_grad():
        made = game.decode(best, label, None)
    return Inversion(
        best.numpy(), made.numpy(), least.double().numpy(), first.double().numpy(), encoded
    )


def _distance(image: Tensor, target: Tensor) -> Tensor:
    total = (image - target).square().mean()
    while min(image.shape[2:]) > 4:
        image, target = halve(image), halve(target)
        total = total + (image - target).square().mean()
    return total


def _errors(image: Tensor, target: Tensor) -> Tensor:
    return (image - target).square().flatten(1).mean(dim=1).sqrt()


def _labels(game: LatentGame, rows: int) -> Tensor | None:
    classes = len(game.shape.classes)
    return torch.arange(rows) % classes if classes else None


@torch.no_grad()
def _points(game: LatentGame, label: Tensor | None, rows: int, seed: int, purpose: str) -> Tensor:
    return game.latents(Request(rows, torch_generator(seed, "film", purpose), label))


@torch.no_grad()
def _painted(
    game: LatentGame, steps: list[Tensor], labels: list[Tensor | None] | list[Tensor], seed: int
) -> Frames:
    """Decode each step with the same further draws, so that only the point changes."""
    images = [
        game.decode(points, label, torch_generator(seed, "film", "noise"))
        for points, label in zip(steps, labels, strict=True)
    ]
    return torch.stack(images, dim=1).float().numpy()
