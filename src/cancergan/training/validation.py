"""How far samples are from real cases that the game never sees, estimated during training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from cancergan.core.seeds import torch_generator
from cancergan.downstream.feature_space import FeatureSpace
from cancergan.downstream.random_convolution import random_convolution
from cancergan.games.base import Game, Request
from cancergan.metrics.kernel import kernel_distance
from cancergan.training.averaging import evaluating

Float64 = npt.NDArray[np.float64]

_SAMPLES = 256
_AT_ONCE = 32


@dataclass(frozen=True)
class Validation:
    """The features of held-out cases, and the scale in which samples are compared with them.

    The kernel distance is unbiased at any number of cases (Binkowski et al. 2018), so that a few
    dozen validation cases serve, and the space of random convolutions cannot be learnt by the game.

    Attributes:
        real: standardised features (n, d) of the validation cases.
        centre, scale: (d,) of those features.
        labels: class codes (n,) of the validation cases; samples are asked for in their shares.
    """

    space: FeatureSpace
    real: Float64
    centre: Float64
    scale: Float64
    labels: npt.NDArray[np.int64] | None

    @classmethod
    def of(
        cls, images: npt.NDArray[np.float32], labels: npt.NDArray[np.int64] | None
    ) -> Validation:
        """Return the validation of prepared cases (n, C, *spatial) in [-1, 1]."""
        space = random_convolution(images.shape[1], images.ndim - 2)
        features = space.features(images)
        centre, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
        return cls(space, (features - centre) / scale, centre, scale, labels)

    def distance(self, game: Game, seed: int) -> float:
        """Return the kernel distance of samples, the same latents every time, from the cases."""
        images = self._samples(game, seed)
        return kernel_distance(self.real, (self.space.features(images) - self.centre) / self.scale)

    @torch.no_grad()
    def _samples(self, game: Game, seed: int) -> npt.NDArray[np.float32]:
        player = next(iter(game.players.values()))
        device = next(player.network.parameters()).device
        portions = []
        with evaluating(game):
            for start in range(0, _SAMPLES, _AT_ONCE):
                generator = torch_generator(seed, "validation", start, device=device)
                request = Request(_AT_ONCE, generator, self._codes(start, device))
                portions.append(game.synthesise(request)["image"].float().cpu().numpy())
        return np.concatenate(portions)

    def _codes(self, start: int, device: torch.device) -> torch.Tensor | None:
        if self.labels is None:
            return None
        places = np.arange(_SAMPLES) * len(self.labels) // _SAMPLES
        codes = np.sort(self.labels)[places]
        return torch.from_numpy(codes[start // _AT_ONCE :: _SAMPLES // _AT_ONCE]).to(device)


@dataclass
class Best:
    """The best estimate so far, and how many came after it."""

    step: int = 0
    distance: float = float("inf")
    since: int = 0

    def hear(self, step: int, distance: float) -> None:
        """Take note of one estimate."""
        if distance < self.distance:
            self.step, self.distance, self.since = step, distance, 0
        else:
            self.since += 1
