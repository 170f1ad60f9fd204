"""How unsure a network is: dropout kept on, an ensemble, or a second output that says so."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import derive_seed
from cancergan.downstream.batches import Float64, checked_images, in_chunks
from cancergan.downstream.classifier import Classifier

_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


def mc_dropout(classifier: Classifier, images: npt.ArrayLike, *, passes: int, seed: int) -> Float64:
    """Return class probabilities (passes, n, K) with dropout left on (Gal and Ghahramani 2016).

    The classifier is as it was afterwards.

    Raises:
        BadInputError: it has no dropout, or no passes are asked for.
    """
    layers = [m for part in (classifier.encoder, classifier.head) for m in part.modules()
              if isinstance(m, _DROPOUTS)]  # fmt: skip
    if not layers or passes < 1:
        raise BadInputError(
            f"{passes} passes through a classifier with {len(layers)} layers of dropout: needs one "
            "of each or more. Train it with dropout=0.2."
        )
    batch = checked_images(images, channels=classifier.channels)

    def probabilities(part: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = classifier.head(classifier.encoder(part))
        return logits.double().softmax(1)

    for layer in layers:
        layer.train()
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(seed, "mc_dropout"))
            found = [in_chunks(probabilities, batch, device=classifier.device)
                     for _ in range(passes)]  # fmt: skip
    finally:
        for layer in layers:
            layer.eval()
    return np.stack(found)


def heteroscedastic_loss(
    mean: torch.Tensor, log_variance: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """Negative log-likelihood of a normal distribution whose variance is an output as well.

    Mean of ((target - mean)^2 / variance + log variance) / 2 (Kendall and Gal 2017, eq. 8), with
    the logarithm as output, so that no variance is below 0. All shapes equal; returns a scalar.
    """
    return ((target - mean).square() * (-log_variance).exp() + log_variance).mean() / 2
