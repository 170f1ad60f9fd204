"""The accountants against published values and closed forms (oracles 25 to 31 of the study)."""

import math
import sys

import pytest

from cancergan import privacy
from cancergan.core.errors import BadInputError, MissingExtraError


def spent(noise, rate, steps, delta, accountant="rdp"):
    return privacy.epsilon(
        noise=noise, sampling_rate=rate, steps=steps, delta=delta, accountant=accountant
    )


@pytest.mark.parametrize(
    ("noise", "rate", "steps", "delta", "expected"),
    [
        (1.5, 0.04, 2250, 1e-5, 7.32911117143),
        (1.0, 0.01, 1000, 1e-5, 2.1013652716),
        (1.1, 256 / 60000, 14062, 1e-5, 2.5965558690),
        (1.0, 0.064, 1563, 1e-4, 18.716),
        (2.0, 0.064, 1563, 1e-4, 6.0786),
        (4.0, 0.1, 1000, 1e-5, 3.7362415),
        (1.0, 1.0, 1, 1e-5, 4.7285071),
        (5.0, 1.0, 100, 1e-5, 10.7255097),
    ],
)
def test_renyi_accountant_equals_the_oracles(noise, rate, steps, delta, expected):
    assert spent(noise, rate, steps, delta) == pytest.approx(expected, rel=5e-5)


@pytest.mark.parametrize(
    ("noise", "rate", "steps", "expected"),
    [
        (0.8, 0.001, 100, 0.270403),
        (1.5, 0.05, 1000, 6.209969),
        (2.0, 0.05, 1000, 4.172800),
        (3.0, 0.2, 100, 3.381221),
        (1.5, 0.001, 20000, 0.437005),
    ],
)
def test_prv_accountant_equals_the_oracles(noise, rate, steps, expected):
    assert spent(noise, rate, steps, 1e-6, "prv") == pytest.approx(expected, rel=1e-4)


def test_prv_accountant_equals_opacus_test():
    assert spent(1.5, 0.04, 2249, 1e-5, "prv") == pytest.approx(6.777395712150674, abs=1e-3)


@pytest.mark.parametrize(
    ("accountant", "steps", "expected"),
    [("rdp", 2250, 1.416), ("rdp", 2000, 1.3562), ("prv", 2250, 1.34765625), ("prv", 2000, 1.2915)],
)
def test_noise_for_a_budget_equals_the_oracles(accountant, steps, expected):
    noise = privacy.noise_for(
        epsilon=8, sampling_rate=0.04, steps=steps, delta=1e-5, accountant=accountant
    )
    assert noise == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("accountant", ["rdp", "prv"])
@pytest.mark.parametrize("wanted", [0.5, 1, 10])
def test_planned_noise_keeps_the_budget_and_wastes_little(accountant, wanted):
    noise = privacy.noise_for(
        epsilon=wanted, sampling_rate=0.1, steps=200, delta=1e-4, accountant=accountant
    )
    used = spent(noise, 0.1, 200, 1e-4, accountant)
    assert 0.985 * wanted <= used <= wanted


def test_without_sampling_the_closed_form_holds():
    """RDP(a) = T a / (2 sigma^2); the bound is its best conversion over the orders tried."""
    noise, steps, delta = 20.0, 500, 1e-5
    orders = [1 + x / 10 for x in range(1, 100)] + list(range(12, 64))
    renyi = [steps * a / (2 * noise**2) for a in orders]
    best = min(
        r - (math.log(delta) + math.log(a)) / (a - 1) + math.log1p(-1 / a)
        for r, a in zip(renyi, orders, strict=True)
    )
    assert spent(noise, 1.0, steps, delta) == pytest.approx(best, rel=1e-9)


def test_no_step_costs_nothing_and_steps_cost_more():
    assert spent(1.0, 0.1, 0, 1e-5) == 0
    assert spent(1.0, 0.1, 10, 1e-5) < spent(1.0, 0.1, 20, 1e-5) < spent(1.0, 0.2, 20, 1e-5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"epsilon": 0}, "epsilon is 0"),
        ({"epsilon": -3}, "epsilon is -3"),
        ({"epsilon": math.nan}, "epsilon is nan"),
        ({"delta": 0}, "delta is 0"),
        ({"delta": 1}, "delta is 1"),
        ({"sampling_rate": 0}, "sampling_rate is 0"),
        ({"sampling_rate": 1.5}, "sampling_rate is 1.5"),
        ({"steps": 0}, "steps is 0"),
        ({"accountant": "rpd"}, 'did you mean "rdp"'),
    ],
)
def test_bad_budgets_are_one_line(changed, message):
    budget = {"epsilon": 8.0, "sampling_rate": 0.1, "steps": 10, "delta": 1e-5}
    with pytest.raises(BadInputError, match=message):
        privacy.noise_for(**(budget | changed))


@pytest.mark.parametrize("noise", [0, -1, math.inf, math.nan])
def test_noise_must_be_a_number_above_zero(noise):
    with pytest.raises(BadInputError, match="noise is"):
        spent(noise, 0.1, 10, 1e-5)


def test_a_missing_extra_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "opacus"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opacus", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cancergan\[private\]'"):
        spent(1.0, 0.1, 10, 1e-5)
