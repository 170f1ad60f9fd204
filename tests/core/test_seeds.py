"""Seeds: one number determines every draw, and purposes do not share draws."""

import torch

from cancergan.core.seeds import derive_seed, numpy_generator, torch_generator


def test_purposes_are_independent_and_repeatable():
    seeds = {
        derive_seed(seed, *purpose) for seed in range(20) for purpose in [("a",), ("a", 1), ("b",)]
    }
    assert len(seeds) == 60
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derive_seed(3, "order", 7) == derive_seed(3, "order", 7)


def test_a_seed_means_the_same_for_ever():
    """Runs that were recorded must replay: the derivation may never change."""
    assert derive_seed(0, "weights") == 133441691874178746


def test_generators_repeat():
    assert numpy_generator(0, "x").random() == numpy_generator(0, "x").random()
    one, two = (torch.rand(3, generator=torch_generator(0, "x")) for _ in range(2))
    assert torch.equal(one, two)
