"""How far samples are from real cases that the game never sees, estimated during training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from cancergan.core.seeds import torch_generator
from cancergan.downstream.feature_space import FeatureSpace
from cancergan.downstream.untrained import untrained_space
from cancergan.games.base import Game, Request
from cancergan.metrics.kernel import kernel_distance
from cancergan.training.averaging import evaluating

Float64 = npt.NDArray[np.float64]

_SAMPLES = 256
_AT_ONCE = 32
_VALUES_AT_ONCE = 2**21


@dataclass(frozen=True)
class Validation:
    """The features of held-out cases, and the scale in which samples are compared with them.

    The kernel distance is unbiased at any number of cases (Binkowski et al. 2018), so that a few
    dozen validation cases serve, and the space of random convolutions cannot be learnt by the game.

    Attributes:
        real: standardised features (n, d) of the validation cases.
        centre, scale: (d,) of those features.
        labels: class codes (n,) of the validation cases; samples are asked for in their shares.
        given: the columns (n, C, *spatial) of the validation cases that samples start from, if any.
        at_once: how many samples are made together.
    """

    space: FeatureSpace
    real: Float64
    centre: Float64
    scale: Float64
    labels: npt.NDArray[np.int64] | None
    given: Mapping[str, npt.NDArray[np.float32]]
    at_once: int

    @classmethod
    def of(
        cls,
        images: npt.NDArray[np.float32],
        labels: npt.NDArray[np.int64] | None,
        given: Mapping[str, npt.NDArray[np.float32]],
    ) -> Validation:
        """Return the validation of prepared cases (n, C, *spatial) in [-1, 1]."""
        space = untrained_space(images.shape[1], images.ndim - 2)
        features = space.features(images)
        centre, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
        at_once = max(1, min(_AT_ONCE, _VALUES_AT_ONCE // images[0].size))
        return cls(space, (features - centre) / scale, centre, scale, labels, given, at_once)

    def distance(self, game: Game, seed: int) -> float:
        """Return the kernel distance of samples, the same latents every time, from the cases."""
        images = self._samples(game, seed)
        return kernel_distance(self.real, (self.space.features(images) - self.centre) / self.scale)

    @torch.no_grad()
    def _samples(self, game: Game, seed: int) -> npt.NDArray[np.float32]:
        player = next(iter(game.players.values()))
        device = next(player.network.parameters()).device
        places = self._places()
        portions = []
        with evaluating(game):
            for start in range(0, len(places), self.at_once):
                rows = places[start : start + self.at_once]
                generator = torch_generator(seed, "validation", start, device=device)
                request = Request(len(rows), generator, self._codes(rows, device), {
                    name: torch.from_numpy(values[rows % len(values)]).to(device)
                    for name, values in self.given.items()
                })  # fmt: skip
                portions.append(game.synthesise(request)["image"].float().cpu().numpy())
        return np.concatenate(portions)

    def _places(self) -> npt.NDArray[np.int64]:
        """Return the case to which each sample corresponds: in equal shares, or each once."""
        if self.given:
            return np.arange(min(_SAMPLES, max(len(values) for values in self.given.values())))
        # Neighbours in a cohort are often of one class: take long steps, so portions are mixed.
        places = np.arange(_SAMPLES) * len(self.real) // _SAMPLES
        return np.concatenate(
            [places[k :: _SAMPLES // _AT_ONCE] for k in range(_SAMPLES // _AT_ONCE)]
        )

    def _codes(self, rows: npt.NDArray[np.int64], device: torch.device) -> torch.Tensor | None:
        if self.labels is None:
            return None
        codes = self.labels if self.given else np.sort(self.labels)
        return torch.from_numpy(codes[rows % len(codes)]).to(device)


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
