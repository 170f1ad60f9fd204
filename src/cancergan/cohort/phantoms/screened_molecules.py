"""A table of screened compounds: fingerprints, and whether they stop a tumour's cells."""

from __future__ import annotations

import numpy as np

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import phantoms, table_of
from cancergan.cohort.phantoms.fields import Generator
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator

_SLOPE = 1.0  # of the curve of inhibition over log concentration


@phantoms.register("screened_molecules")
def screened_molecules(
    cases: int,
    seed: int,
    *,
    bits: int = 64,
    scaffolds: int = 8,
    pharmacophore: int = 3,
    potency: float = 1.2,
    noise: float = 0.5,
) -> Cohort:
    """Fingerprints ``bit_000`` ... of compounds and their growth inhibition; label active or not.

    A compound has one scaffold, whose bits it nearly always has, and other bits by chance. Every
    fourth bit holds the one before it, as substructures hold smaller ones: where it stands, that
    one stands too. Half-inhibiting log concentration is -2.8 less ``potency`` for each bit of the
    pharmacophore; ``growth_inhibition`` (0 to 1) at ``log_concentration`` (-5) follows by a
    logistic curve, and above 0.5 is active. Provenance states scaffolds, pharmacophore and rules.

    Realistic: families of compounds, bits that imply others, few actives. Not realistic: no
    molecule stands behind a fingerprint, bits add up in potency, one concentration is screened.

    Args:
        cases: how many compounds.
        seed: of all draws.
        bits: length of a fingerprint.
        scaffolds: how many families.
        pharmacophore: how many bits make a compound potent.
        potency: log units of concentration that each of them is worth.
        noise: standard deviation of the half-inhibiting log concentration.
    """
    if bits < 8 or scaffolds < 1 or not 1 <= pharmacophore <= bits // 4:
        raise BadInputError(
            f"bits is {bits}, scaffolds {scaffolds}, pharmacophore {pharmacophore}; give 8 bits or "
            "more, a scaffold, and at most a quarter of the bits to the pharmacophore."
        )
    drawn = numpy_generator(seed, "screened_molecules", "chemistry")
    families = drawn.random((scaffolds, bits)) < 0.25
    holders = np.arange(3, bits, 4)
    potent = np.sort(drawn.choice(holders - 1, min(pharmacophore, len(holders)), replace=False))

    def draw(random: Generator, number: int) -> dict[str, object]:
        family = int(random.integers(scaffolds))
        there = np.where(families[family], random.random(bits) < 0.95, random.random(bits) < 0.1)
        there[holders - 1] |= there[holders]
        half = -2.8 - potency * there[potent].sum() + noise * random.standard_normal()
        inhibition = 1.0 / (1.0 + 10.0 ** (_SLOPE * (half - -5.0)))
        return {
            "label": "active" if inhibition > 0.5 else "inactive",
            "scaffold": f"scaffold_{family}",
            "log_concentration": -5.0,
            "growth_inhibition": float(inhibition),
            **{f"bit_{bit:03d}": int(value) for bit, value in enumerate(there)},
        }

    truth = {
        "pharmacophore": [f"bit_{bit:03d}" for bit in potent],
        "scaffolds": [np.flatnonzero(family).tolist() for family in families],
        "implies": {f"bit_{bit:03d}": f"bit_{bit - 1:03d}" for bit in holders},
    }
    return table_of(draw, cases, seed, name="screened_molecules", truth=truth)
