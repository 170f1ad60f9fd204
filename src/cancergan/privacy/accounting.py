"""What a private training costs, and how much noise a budget asks for (Opacus's accountants).

Each step is a Poisson-subsampled Gaussian mechanism: every patient takes part with probability
``sampling_rate``, contributes a gradient no longer than the clipping norm, and normal noise of
standard deviation ``noise`` times that norm is added to the sum. Neighbouring cohorts differ by one
patient more or less.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, Literal, get_args

from cancergan.core.errors import BadInputError, MissingExtraError, unknown

Accountant = Literal["rdp", "prv"]

# Between these lies every budget that anybody would state; outside, the accountants lose precision.
_LARGEST_EPSILON = 1e3


def epsilon(
    *,
    noise: float,
    sampling_rate: float,
    steps: int,
    delta: float,
    accountant: Accountant = "rdp",
) -> float:
    """Return the epsilon of ``steps`` steps, an upper bound at this ``delta``.

    Args:
        noise: standard deviation of the noise in clipping norms, above 0.
        sampling_rate: probability in (0, 1] with which a patient takes part in a step; 1 also
            accounts for a Gaussian mechanism of sensitivity 1 without sampling.
        steps: how many steps see patients, at least 0.
        delta: in (0, 1), below one over the number of patients.
        accountant: "rdp" (Renyi: Mironov 2017, Mironov et al. 2019) or "prv" (privacy loss random
            variables: Gopi et al. 2021), which is tighter and slower.

    Raises:
        BadInputError: a number outside its range, or an unknown accountant.
        MissingExtraError: Opacus is not installed.

    >>> round(epsilon(noise=1.5, sampling_rate=0.04, steps=2250, delta=1e-5), 4)
    7.3291
    """
    require("noise", noise, 0 < noise < math.inf, "a finite number above 0")
    if steps == 0:
        return 0.0
    return _epsilon(_checked(sampling_rate, steps, delta, accountant), noise)


def noise_for(
    *,
    epsilon: float,
    sampling_rate: float,
    steps: int,
    delta: float,
    accountant: Accountant = "rdp",
) -> float:
    """Return the least noise, to within 0.01 of epsilon, whose ``epsilon`` does not exceed this.

    Arguments, sources and errors as of ``cancergan.privacy.epsilon``.

    >>> round(noise_for(epsilon=8, sampling_rate=0.04, steps=2000, delta=1e-5), 4)
    1.3562
    """
    ends = 0 < epsilon <= _LARGEST_EPSILON
    require("epsilon", epsilon, ends, f"above 0 and at most {_LARGEST_EPSILON:g}")
    require("steps", steps, steps >= 1, "at least 1")
    mechanism = _checked(sampling_rate, steps, delta, accountant)
    utils = opacus_part("utils")
    try:
        with without_warnings():
            # Half the tolerance of small budgets, so that noise is not wasted on them.
            noise: float = utils.get_noise_multiplier(
                target_epsilon=epsilon,
                target_delta=delta,
                sample_rate=sampling_rate,
                steps=steps,
                accountant=accountant,
                epsilon_tolerance=min(0.01, epsilon / 100),
            )
    except ValueError:
        noise = math.inf
    # The accountants round: what is promised is checked, not assumed.
    if not math.isfinite(noise) or _epsilon(mechanism, noise) > epsilon:
        raise BadInputError(
            f"epsilon {epsilon:g} cannot be kept over {steps} steps at sampling rate "
            f"{sampling_rate:g}. Take fewer steps, smaller lots or a larger epsilon."
        )
    return noise


def _checked(
    sampling_rate: float, steps: int, delta: float, accountant: str
) -> Callable[[float], Any]:
    """Return what makes an accountant with the steps in its history, for a noise."""
    require("sampling_rate", sampling_rate, 0 < sampling_rate <= 1, "above 0 and at most 1")
    require("steps", steps, steps >= 0, "at least 0")
    require("delta", delta, 0 < delta < 1, "between 0 and 1")
    if accountant not in get_args(Accountant):
        raise unknown("accountant", accountant, get_args(Accountant))
    create = opacus_part("").create_accountant

    def spent(noise: float) -> Any:
        made = create(mechanism=accountant)
        made.history = [(noise, sampling_rate, steps)]
        return made.get_epsilon(delta=delta)

    return spent


def _epsilon(mechanism: Callable[[float], Any], noise: float) -> float:
    with without_warnings():
        return float(mechanism(noise))


def opacus_part(module: str) -> Any:
    """Return a module of Opacus's accountants, or all of them for "".

    Raises:
        MissingExtraError: Opacus is not installed.
    """
    from importlib import import_module

    try:
        return import_module(f"opacus.accountants.{module}".rstrip("."))
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("opacus"):
            raise
        raise MissingExtraError("opacus", "private") from None


def without_warnings() -> warnings.catch_warnings[None]:
    """Keep Opacus's hints at other orders, and torch's at hooks, from the user's terminal."""
    return warnings.catch_warnings(action="ignore")


def require(name: str, value: float, holds: bool, allowed: str) -> None:
    """Raise BadInputError where a number is not what is allowed."""
    if not holds:
        raise BadInputError(f"{name} is {value}: must be {allowed}.")
