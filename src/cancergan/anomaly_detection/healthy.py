"""The image that a run makes in the place of another: the nearest among those it has learnt."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import torch

from cancergan.cohort import Cohort
from cancergan.cohort.columns import IMAGE, Column
from cancergan.cohort.views import View
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Game, Request
from cancergan.games.infilling import Infilling
from cancergan.games.latent import LatentGame
from cancergan.training.latent import invert
from cancergan.training.run import Run
from cancergan.training.starting import prepared_column

Float32 = npt.NDArray[np.float32]
Masks = list[npt.NDArray[np.int32] | None]

SEARCH_STEPS = 200
_AT_ONCE = 32
_TILES = 4  # along every axis; a tile is hidden and filled from what is around it


@dataclass(frozen=True)
class Search:
    """How the nearest healthy image is found.

    Attributes:
        steps: of a search in latent space, from the encoder's point where there is one; 0 encodes
            only, and None takes 0 with an encoder and 200 without.
        encode: whether to begin where the encoder points, if there is one.
        kappa: weight of the discriminator's features in the search and in the score.
        seed: of the draws of a translation.
    """

    steps: int | None = None
    encode: bool = True
    kappa: float = 1.0
    seed: int = 0


def prepared_images(run: Run, cohort: Cohort) -> Float32:
    """Return the images of cases, whatever their kind, as the run would see them."""
    column = run.trained_on.columns[IMAGE]
    return prepared_column(Column(_anywhere(column.view), column.preparation), cohort)


def prepared_masks(run: Run, cohort: Cohort) -> Masks:
    """Return the masks of cases on the grid of the run; None where a case has none."""
    preparation = run.trained_on.preparation
    return [None if case.mask is None else preparation.apply_mask(case) for case in cohort]


def nearest_healthy(run: Run, images: Float32, search: Search) -> Float32:
    """Return the image (n, C, *spatial) that the run makes in the place of each one.

    A run with a latent space encodes or searches it; one that fills holes is asked for every tile
    from what is around it; one that translates an image of the same kind translates it.

    Raises:
        BadInputError: the run can do neither, or needs to be told a class.
    """
    game = run.game()
    if game.shape.classes:
        raise BadInputError(
            f"{run.path}: makes images of a class, and no class is healthy or unknown. Train on "
            "healthy cases alone, by a recipe without classes."
        )
    if isinstance(game, LatentGame):
        parts = [_inverted(game, part, search) for part in portions(images)]
        return np.concatenate(parts)
    if isinstance(game, Infilling):
        return np.concatenate([completed(game, part) for part in portions(images)])
    source = game.shape.given.get("source")
    if source is None or not _same_kind(run):
        raise BadInputError(
            f"{run.path}: makes nothing to compare an image with. Take a run with a latent space "
            "(f_anogan, vae_gan), or one that translates an image to a healthy one."
        )
    return np.concatenate([_translated(run, game, part, search.seed) for part in portions(images)])


def _same_kind(run: Run) -> bool:
    """Say whether sources are images like those that the run makes, perhaps of other cases."""
    source, image = (run.trained_on.columns[name].view for name in ("source", IMAGE))
    return (source.arrays, source.channels) == (image.arrays, image.channels)


def _anywhere(view: View) -> View:
    """Return the view of any case, not only of those that the run learnt from."""
    return view.model_copy(update={"where": None})


def portions(images: Float32) -> list[Float32]:
    """Return images a few at a time, so that memory is bounded."""
    return [images[start : start + _AT_ONCE] for start in range(0, len(images), _AT_ONCE)]


def _inverted(game: LatentGame, images: Float32, search: Search) -> Float32:
    steps = search.steps
    if steps is None:
        with torch.no_grad():
            encodes = search.encode and game.encode(torch.from_numpy(images[:1]), None) is not None
        steps = 0 if encodes else SEARCH_STEPS
    found = invert(
        game, images, steps=steps, encode=search.encode, feature_weight=search.kappa,
        seed=search.seed,
    )  # fmt: skip
    return found.images


def _translated(run: Run, game: Game, images: Float32, seed: int) -> Float32:
    """Return translations of images that are prepared as the run's own, not yet as its sources."""
    source = run.trained_on.columns["source"].preparation
    physical = run.trained_on.preparation.invert(images)
    return made_from(game, np.stack([source.window.to_network(image) for image in physical]), seed)


@torch.no_grad()
def made_from(game: Game, sources: Float32, seed: int) -> Float32:
    """Return what a game that translates makes of prepared sources (n, C', *spatial)."""
    given, size = torch.from_numpy(sources), game.shape.given["source"].spatial
    if given.shape[2:] != size:
        given = torch.nn.functional.interpolate(given, size=size, mode="area")
    request = Request(len(sources), torch_generator(seed, "synthesis"), None, {"source": given})
    made: Float32 = game.synthesise(request)["image"].float().numpy()
    return made


@torch.no_grad()
def completed(game: Infilling, images: Float32) -> Float32:
    """Return images of which every tile was hidden and filled in, one tile at a time."""
    source = torch.from_numpy(images)
    whole = source.clone()
    starts = [range(0, side, max(1, side // _TILES)) for side in source.shape[2:]]
    for corner in product(*starts):
        tile = (
            slice(None),
            slice(None),
            *(slice(at, at + step.step) for at, step in zip(corner, starts, strict=True)),
        )
        hole = torch.full((len(source), 1, *source.shape[2:]), -1.0)
        hole[tile] = 1.0
        given = {"source": source, "region": hole}
        filled = game.synthesise(Request(len(source), torch_generator(0, "tiles"), None, given))
        whole[tile] = filled["image"][tile]
    return whole.numpy()
