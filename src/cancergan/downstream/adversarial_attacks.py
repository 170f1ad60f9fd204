"""Images changed on purpose so that a classifier errs: attacks of an established toolbox.

Gradients are those of the Adversarial Robustness Toolbox (extra ``robustness``). Budgets are the
largest change of any pixel, in the range [-1, 1] of width 2: 8 of 255 grey levels are 0.063.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from cancergan.core.errors import BadInputError, MissingExtraError, unknown
from cancergan.core.seeds import numpy_generator
from cancergan.downstream.batches import Float32, checked_images
from cancergan.downstream.classifier import Classifier

Attack = Literal["fgsm", "pgd", "one_pixel"]
WIDTH = 2.0  # of the value range [-1, 1]
_STEPS = 10
_PIXEL_GENERATIONS = 20


def attacked(
    classifier: Classifier,
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    attack: str = "pgd",
    budget: float = 0.06,
    steps: int = _STEPS,
    seed: int = 0,
) -> Float32:
    """Return images (n, C, *spatial) in [-1, 1], each changed within the budget to be misread.

    Args:
        classifier: the one to mislead.
        images: (n, C, *spatial) in [-1, 1].
        labels: (n,) true class codes.
        attack: "fgsm" (Goodfellow et al. 2015), "pgd" (Madry et al. 2018, from a random start), or
            "one_pixel" (Su et al. 2019: one pixel is given any value, found by evolution).
        budget: largest change of a pixel, in (0, 2]; "one_pixel" knows none.
        steps: of "pgd". Every image keeps the most misleading of what was tried, the image itself
            among it, so that more steps are never weaker.
        seed: of random starts and searches.

    Raises:
        BadInputError: an unknown attack, a budget outside (0, 2], no steps, or labels of another
            number than images.
        MissingExtraError: the toolbox is not installed.
    """
    if attack not in get_args(Attack):
        raise unknown("attack", attack, get_args(Attack))
    if not 0 < budget <= WIDTH or steps < 1:
        raise BadInputError(
            f"budget {budget} and {steps} steps: the budget must be in (0, {WIDTH:g}], the whole "
            "range of values, and steps 1 or more."
        )
    batch = checked_images(images, channels=classifier.channels)
    truth = np.asarray(labels)
    if truth.shape != (len(batch),):
        raise BadInputError(f"{truth.size} labels for {len(batch)} images: give one for each.")
    if attack == "one_pixel":
        return _one_pixel(classifier, batch, truth, seed)
    estimator = _estimator(classifier, batch)
    if attack == "fgsm":
        made: Float32 = np.clip(_signed_step(estimator, batch, truth, budget), -1, 1)
        return made.astype(np.float32)
    return _strongest(estimator, classifier, batch, truth, budget, steps, seed)


def margins_of_error(
    classifier: Classifier, images: Float32, labels: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """Return how misled the classifier is, (n,): best wrong logit less that of the true class.

    Probabilities near 1 would tie; above 0 the image is misread.
    """
    with torch.no_grad():
        logits = classifier.head(classifier.encoder(torch.from_numpy(images))).double().numpy()
    rows = np.arange(len(images))
    true = logits[rows, labels]
    logits[rows, labels] = -np.inf
    margins: npt.NDArray[np.float64] = logits.max(axis=1) - true
    return margins


def _strongest(
    estimator: Any,
    classifier: Classifier,
    batch: Float32,
    truth: npt.NDArray[Any],
    budget: float,
    steps: int,
    seed: int,
) -> Float32:
    """Keep, for every image, the most misleading point on the way of one projected descent."""
    best, most = batch.copy(), margins_of_error(classifier, batch, truth)
    noise = numpy_generator(seed, "attack").uniform(-budget, budget, batch.shape)
    current = np.clip(batch + noise, -1, 1).astype(np.float32)
    for _ in range(steps):
        moved = _signed_step(estimator, current, truth, 2.5 * budget / _STEPS)
        current = np.clip(np.clip(moved, batch - budget, batch + budget), -1, 1).astype(np.float32)
        margins = margins_of_error(classifier, current, truth)
        better = margins > most
        best[better], most[better] = current[better], margins[better]
    return best


def _signed_step(
    estimator: Any, batch: Float32, truth: npt.NDArray[Any], length: float
) -> npt.NDArray[Any]:
    from art.attacks.evasion import FastGradientMethod

    made: npt.NDArray[Any] = FastGradientMethod(estimator, eps=length, batch_size=64).generate(
        batch, y=truth
    )
    return made


def _one_pixel(
    classifier: Classifier, batch: Float32, truth: npt.NDArray[Any], seed: int
) -> Float32:
    """Search place and value of one pixel by differential evolution, image by image.

    Not the toolbox's attack, which refuses two classes and rounds to 8 bits.
    """
    from scipy.optimize import differential_evolution

    channels, spatial = batch.shape[1], batch.shape[2:]
    bounds = [(0, side - 1e-6) for side in spatial] + [(-1.0, 1.0)] * channels

    def changed(image: Float32, candidates: npt.NDArray[np.float64]) -> Float32:
        made = np.repeat(image[None], candidates.shape[1], axis=0)
        places = tuple(axis.astype(int) for axis in candidates[: len(spatial)])
        made[(np.arange(len(made)), slice(None), *places)] = candidates[len(spatial) :].T
        return made

    found = []
    for number, (image, label) in enumerate(zip(batch, truth, strict=True)):
        result = differential_evolution(
            lambda points, image=image, label=label: -margins_of_error(
                classifier, made := changed(image, points), np.full(len(made), label)
            ),
            bounds, maxiter=_PIXEL_GENERATIONS, popsize=10, polish=False, vectorized=True,
            updating="deferred", rng=numpy_generator(seed, "one pixel", number),
        )  # fmt: skip
        found.append(changed(image, result.x[:, None])[0])
    return np.stack(found)


def _estimator(classifier: Classifier, batch: Float32) -> Any:
    try:
        from art.estimators.classification import PyTorchClassifier
    except ModuleNotFoundError as error:
        raise MissingExtraError("adversarial-robustness-toolbox", "robustness") from error
    network = nn.Sequential(classifier.encoder, classifier.head).eval()
    with torch.no_grad():
        classes = network(torch.from_numpy(batch[:1])).shape[1]
    return PyTorchClassifier(
        network, nn.CrossEntropyLoss(), input_shape=batch.shape[1:], nb_classes=classes,
        clip_values=(-1.0, 1.0), device_type="cpu",
    )  # fmt: skip
