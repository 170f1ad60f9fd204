"""The mechanism that private players learn by: one gradient a patient, clipped, summed, noised.

Source: Abadi et al. 2016, algorithm 1, with Poisson-sampled lots. The unit is the patient: every
row of the columns must be of another patient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.utils import parametrize

from cancergan.core.errors import BadInputError

Columns = Mapping[str, Tensor]
Gradient = dict[str, Tensor]
# The loss of one patient, a scalar, from columns (1, ...): of its case and of whatever is drawn for
# it. It must call the very network whose gradient is asked for.
Loss = Callable[[Columns], Tensor]

# Of gradients by patient in memory together, 128 MB. Fewer patients at once cost the more the
# smaller the network is: of 2,500 weights, 16 at once take 2.8 times as long as 64.
_VALUES_AT_ONCE = 2**25
_MOST_AT_ONCE = 128


@dataclass(frozen=True)
class Mechanism:
    """How a gradient is made private.

    Attributes:
        clipping_norm: the longest gradient that one patient contributes, above 0.
        noise: standard deviation of the noise in clipping norms, at least 0 (0 is not private).
        expected_lot: the expected number of patients in a lot, sampling rate times patients; the
            noisy sum is divided by it, never by how many were drawn, which would be a secret.
    """

    clipping_norm: float
    noise: float
    expected_lot: float

    def __post_init__(self) -> None:
        for name, value, least in (
            ("clipping_norm", self.clipping_norm, 0.0),
            ("expected_lot", self.expected_lot, 0.0),
            ("noise", self.noise, -1e-300),
        ):
            if not (math.isfinite(value) and value > least):
                raise BadInputError(f"{name} is {value}: must be a finite number above 0.")


def privatised_gradient(
    loss: Loss,
    network: nn.Module,
    columns: Columns,
    mechanism: Mechanism,
    generator: torch.Generator,
    *,
    at_once: int | None = None,
    vectorised: bool = True,
) -> Gradient:
    """Return a private estimate of the mean gradient of a lot, by name of the network's weights.

    Args:
        loss: the loss of one patient, from columns (1, ...).
        network: what learns; its trainable weights get a gradient.
        columns: (B, ...), one row for each patient drawn; B may be 0, and then only noise comes.
        mechanism: clipping norm, noise and expected lot.
        generator: a secret one, of the network's device, from which the noise is drawn. Who knows
            its seed can take the noise away.
        at_once: how many patients' gradients are in memory together; None takes what fits well.
        vectorised: as of ``patient_gradients``.

    A patient whose gradient is not finite contributes nothing.
    """
    weights = trainable(network)
    total = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    for part in portions(columns, at_once or fitting(weights)):
        gradients = patient_gradients(loss, network, part, vectorised=vectorised)
        for name, value in clipped_sum(gradients, mechanism.clipping_norm).items():
            total[name] += value
    return noised(total, mechanism, generator)


def patient_gradients(
    loss: Loss, network: nn.Module, columns: Columns, *, vectorised: bool = True
) -> Gradient:
    """Return the gradient of every patient's own loss, (B, *shape) by name of the weights.

    ``vectorised`` computes them together (``torch.func``: gradients of gradients, as penalties need
    them, work too); otherwise one after another, which any loss allows and both ways agree.

    Raises:
        BadInputError: the loss cannot be vectorised.
    """
    weights = trainable(network)
    with _one_weight_for_all(network):
        if not vectorised:
            return _one_by_one(loss, weights, columns)
        try:
            return _together(loss, network, weights, columns)
        except RuntimeError as error:
            reason = str(error).strip().partition("\n")[0]
            raise BadInputError(
                f"gradients by patient cannot be computed together ({reason}). Set "
                "privacy.vectorised=false to compute them one by one."
            ) from error


def clipped_sum(gradients: Gradient, clipping_norm: float) -> Gradient:
    """Return the sum over patients of gradients (B, *shape), each clipped to the norm.

    The norm is that of all weights together. What is not finite counts as zero.
    """
    flat = {name: value.flatten(1) for name, value in gradients.items()}
    norms = torch.stack([value.norm(dim=1) for value in flat.values()]).norm(dim=0)
    finite = norms.isfinite()
    factor = torch.where(finite, (clipping_norm / (norms + 1e-6)).clamp(max=1.0), 0.0)
    return {
        name: (factor @ torch.where(finite[:, None], value, 0.0)).view(gradients[name].shape[1:])
        for name, value in flat.items()
    }


def noised(total: Gradient, mechanism: Mechanism, generator: torch.Generator) -> Gradient:
    """Return the noisy mean: noise of ``noise * clipping_norm`` on the sum, then the expected lot.

    The noise is on the sum, where the norm bounds what one patient changes; noise that were scaled
    by the number of patients would protect none of them.
    """
    deviation = mechanism.noise * mechanism.clipping_norm
    noisy = {}
    for name, value in total.items():
        draw = torch.randn(value.shape, generator=generator, device=value.device)
        noisy[name] = (value + deviation * draw) / mechanism.expected_lot
    return noisy


def set_gradient(network: nn.Module, gradient: Gradient) -> None:
    """Give the network's weights a gradient, for an optimiser to follow."""
    for name, weight in trainable(network).items():
        weight.grad = gradient[name].to(weight.dtype)


def trainable(network: nn.Module) -> dict[str, nn.Parameter]:
    """Return the weights that learn, by name."""
    return {name: w for name, w in network.named_parameters() if w.requires_grad}


def fitting(weights: Mapping[str, Tensor]) -> int:
    """Return of how many patients the gradients fit well in memory together."""
    values = sum(weight.numel() for weight in weights.values())
    return max(1, min(_MOST_AT_ONCE, _VALUES_AT_ONCE // max(values, 1)))


def portions(columns: Columns, at_once: int) -> Iterator[dict[str, Tensor]]:
    """Yield columns (B, ...) in parts of at most ``at_once`` rows; none of an empty lot."""
    rows = len(next(iter(columns.values())))
    for start in range(0, rows, at_once):
        yield {name: value[start : start + at_once] for name, value in columns.items()}


class _Loss(nn.Module):
    """A loss as a module that holds its network, so that ``functional_call`` can change weights."""

    def __init__(self, network: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.network = network
        self.loss = loss

    def forward(self, columns: Columns) -> Tensor:
        return self.loss(columns)


def _together(
    loss: Loss, network: nn.Module, weights: Mapping[str, nn.Parameter], columns: Columns
) -> Gradient:
    module = _Loss(network, loss)

    def of_one(given: Gradient, row: dict[str, Tensor]) -> Tensor:
        one = {name: value.unsqueeze(0) for name, value in row.items()}
        value: Tensor = functional_call(module, given, (one,))
        return value

    named = {f"network.{name}": weight.detach() for name, weight in weights.items()}
    every = vmap(grad(of_one), in_dims=(None, 0), randomness="different")
    found: Gradient = every(named, dict(columns))
    return {name.removeprefix("network."): value for name, value in found.items()}


def _one_by_one(loss: Loss, weights: Mapping[str, nn.Parameter], columns: Columns) -> Gradient:
    rows = []
    for row in portions(columns, 1):
        gradients = torch.autograd.grad(
            loss(row), list(weights.values()), allow_unused=True, materialize_grads=True
        )
        rows.append(gradients)
    return {name: torch.stack([row[place] for row in rows]) for place, name in enumerate(weights)}


@contextmanager
def _one_weight_for_all(network: nn.Module) -> Iterator[None]:
    """Let weights that are computed (spectral norm) be the same for all patients of a lot.

    Spectral norm takes a step of its power iteration at every use in training: it is taken once for
    each lot instead, by ``refresh``, whoever is in the lot.
    """
    computed = [m for m in network.modules() if isinstance(m, parametrize.ParametrizationList)]
    states = [part.training for part in computed]
    for part in computed:
        part.eval()
    try:
        yield
    finally:
        for part, training in zip(computed, states, strict=True):
            part.train(training)


def refresh(network: nn.Module) -> None:
    """Take one step of the power iteration of weights under spectral norm; nothing elsewhere."""
    with torch.no_grad():
        for module in network.modules():
            if parametrize.is_parametrized(module):
                for name in module.parametrizations:  # type: ignore[union-attr]
                    getattr(module, name)
