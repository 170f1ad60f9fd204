"""Selective sharing of weight updates by the sparse vector technique, and its privacy loss.

Sources: Shokri and Shmatikov 2015, section 5 (few updates, chosen and sent with noise); the noise
after Lyu, Su and Li 2017, algorithm 1 with figure 2 (the published variants that add less are not
private). The unit is the hospital's whole answer: between any two sets of cases each update, once
clipped, differs by at most 2 * clip.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cancergan.core.seeds import numpy_generator
from cancergan.federation.messages import MessageError
from cancergan.federation.policy import SelectiveSettings

# Shares of epsilon for threshold, choice and values. Choosing among many needs most of it.
_THRESHOLD, _CHOICE, _VALUES = 1 / 9, 4 / 9, 4 / 9


class SelectiveSharing:
    """Shares a few changes of weights, each with noise; the caller keeps what it has cost."""

    def __init__(self, settings: SelectiveSettings) -> None:
        self.settings = settings

    def share(
        self,
        before: Mapping[str, Tensor],
        after: Mapping[str, Tensor],
        movable: Collection[str],
        *,
        spent: float,
        random: np.random.Generator,
    ) -> dict[str, Tensor]:
        """Return ``before`` with a few noisy changes; what is not ``movable`` stays as it was.

        Raises:
            MessageError: this answer would exceed the budget.
        """
        settings = self.settings
        if spent + settings.epsilon > settings.budget * (1 + 1e-9):
            raise MessageError(
                f"the hospital's privacy budget of epsilon {settings.budget:g} is used up "
                f"({spent:g} spent)."
            )
        names = [name for name in before if name in movable]
        changes = [(after[name] - before[name]).double().flatten() for name in names]
        chosen = sparse_vector(torch.cat(changes).numpy(), settings, random)
        shared = {name: value.clone() for name, value in before.items()}
        start = 0
        for name in names:
            count = before[name].numel()
            part = torch.from_numpy(chosen[start : start + count]).to(before[name].dtype)
            shared[name] = before[name] + part.view(before[name].shape)
            start += count
        return shared


def sparse_vector(
    changes: npt.NDArray[np.float64], settings: SelectiveSettings, random: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return noisy values of a few changes (n,), 0 elsewhere; it costs ``settings.epsilon``.

    Changes are asked in random order whether their size exceeds a noisy threshold, until ``share``
    of them did. Sizes lie in [0, clip], values in [-clip, clip]: their sensitivities.
    """
    clip, epsilon = settings.clip, settings.epsilon
    most = max(1, int(settings.share * len(changes)))
    clipped = np.clip(changes, -clip, clip)
    threshold = settings.threshold + random.laplace(scale=clip / (_THRESHOLD * epsilon))
    order = random.permutation(len(changes))
    asked = np.abs(clipped[order])
    asked += random.laplace(scale=2 * most * clip / (_CHOICE * epsilon), size=len(order))
    above = order[asked >= threshold][:most]
    noise = random.laplace(scale=most * 2 * clip / (_VALUES * epsilon), size=len(above))
    sent = np.zeros_like(clipped)
    sent[above] = np.clip(clipped[above] + noise, -clip, clip)
    return sent


def secret_generator(seed: int | None, *purpose: object) -> np.random.Generator:
    """Return a generator for noise: from the hospital's secret seed, or from the system's chance.

    Noise that anybody could draw again would hide nothing.
    """
    return np.random.default_rng() if seed is None else numpy_generator(seed, *purpose)
