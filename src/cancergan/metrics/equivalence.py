"""Whether a share of correct answers is chance: exact tests, their power and the sizes they need.

"Not significantly different from chance" is no evidence of chance. Two one-sided tests (Schuirmann
1987) are: both p = chance - margin and p = chance + margin must be refused.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cancergan.core.errors import BadInputError

LARGEST_SIZE = 100_000


def equivalence_p_value(correct: int, n: int, *, margin: float, chance: float = 0.5) -> float:
    """Exact binomial p value of the two one-sided tests that the share is within ``margin``."""
    from scipy.stats import binom

    _check(n, margin, chance)
    above = binom.sf(correct - 1, n, chance - margin)
    below = binom.cdf(correct, n, chance + margin)
    return float(max(above, below))


def equivalence_power(
    n: int, *, margin: float, alpha: float = 0.05, share: float = 0.5, chance: float = 0.5
) -> float:
    """Return the chance that n readings show equivalence, when the true share is ``share``."""
    from scipy.stats import binom

    _check(n, margin, chance)
    correct = np.arange(n + 1)
    refused = (binom.sf(correct - 1, n, chance - margin) <= alpha) & (
        binom.cdf(correct, n, chance + margin) <= alpha
    )
    return float(binom.pmf(correct[refused], n, share).sum())


def superiority_power(
    n: int, *, share: float, alpha: float = 0.05, chance: float = 0.5, two_sided: bool = True
) -> float:
    """Return the chance that n readings show a share other than (or above) ``chance``.

    Exact binomial test, two-sided with alpha / 2 at either end, or one-sided.
    """
    from scipy.stats import binom

    _check(n, 0.01, chance)
    correct = np.arange(n + 1)
    tail = alpha / 2 if two_sided else alpha
    refused = binom.sf(correct - 1, n, chance) <= tail
    if two_sided:
        refused |= binom.cdf(correct, n, chance) <= tail
    return float(binom.pmf(correct[refused], n, share).sum())


def equivalence_sample_size(
    *, margin: float, alpha: float = 0.05, power: float = 0.8, chance: float = 0.5
) -> int:
    """Return the fewest readings whose exact test shows equivalence with this power.

    Exact power is a saw-tooth in n; this is the first tooth that reaches it.

    >>> equivalence_sample_size(margin=0.10), equivalence_sample_size(margin=0.15)
    (214, 96)
    """
    from scipy.stats import norm

    reach = norm.ppf(1 - alpha) + norm.ppf((1 + power) / 2)
    near = int(reach**2 * chance * (1 - chance) / margin**2)
    return _first(
        lambda n: equivalence_power(n, margin=margin, alpha=alpha, share=chance, chance=chance),
        power, near,
    )  # fmt: skip


def superiority_sample_size(
    *, share: float, alpha: float = 0.05, power: float = 0.8, chance: float = 0.5
) -> int:
    """Return the fewest readings whose exact two-sided test shows ``share`` with this power."""
    from scipy.stats import norm

    if share == chance:
        raise BadInputError(f"share {share} is chance itself: no number of readings shows it.")
    spread = norm.ppf(1 - alpha / 2) * (chance * (1 - chance)) ** 0.5
    spread += norm.ppf(power) * (share * (1 - share)) ** 0.5
    near = int((spread / (share - chance)) ** 2)
    return _first(
        lambda n: superiority_power(n, share=share, alpha=alpha, chance=chance), power, near
    )


def _first(power_of: Callable[[int], float], wanted: float, near: int) -> int:
    """Return the first n that reaches the power, searching upwards from well below ``near``."""
    for n in range(max(2, int(0.9 * near) - 10), LARGEST_SIZE):
        if power_of(n) >= wanted:
            return n
    raise BadInputError(f"more than {LARGEST_SIZE:,} readings would be needed: widen the margin.")


def _check(n: int, margin: float, chance: float) -> None:
    if n < 1 or not 0 < margin < min(chance, 1 - chance):
        raise BadInputError(
            f"n {n}, margin {margin}: needs n 1 or more and a margin in (0, "
            f"{min(chance, 1 - chance):g})."
        )
