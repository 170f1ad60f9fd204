"""Capsules: lengths below one, couplings that sum to one, and agreement that wins."""

import pytest
import torch

from cancergan.networks.capsule import CapsuleDiscriminator, route, squash


def test_squashing_by_hand():
    """|s| = 5 becomes 25 / 26, in the same direction."""
    short = squash(torch.tensor([3.0, 4.0]))
    torch.testing.assert_close(short, torch.tensor([0.6, 0.8]) * 25 / 26)
    assert torch.isfinite(squash(torch.zeros(3))).all()


@pytest.mark.parametrize("iterations", [1, 3])
def test_couplings_sum_to_one_over_the_capsules_above(iterations):
    torch.manual_seed(0)
    above, couplings = route(torch.randn(2, 10, 4, 5), iterations)
    assert above.shape == (2, 4, 5)
    torch.testing.assert_close(couplings.sum(dim=2), torch.ones(2, 10))
    assert (above.norm(dim=2) < 1).all()
    if iterations == 1:
        torch.testing.assert_close(couplings, torch.full((2, 10, 4), 0.25))


def test_votes_that_agree_gain():
    votes = torch.zeros(1, 4, 2, 3)
    votes[:, :, 0] = torch.tensor([2.0, 0, 0])  # all four agree about the first
    votes[0, :, 1, 0] = torch.tensor([2.0, -2.0, 2.0, -2.0])  # and contradict about the second
    _, couplings = route(votes, 3)
    assert (couplings[0, :, 0] > 0.8).all()


def test_routing_by_hand_for_two_rounds():
    """Procedure 1 of Sabour et al. 2017, step by step for one capsule below and two above."""
    votes = torch.tensor([[[[1.0, 0.0], [0.0, 2.0]]]])
    half = [squash(votes[0, 0, j] / 2) for j in range(2)]
    agreement = torch.stack([votes[0, 0, j] @ half[j] for j in range(2)])
    shares = agreement.softmax(dim=0)
    expected = torch.stack([squash(shares[j] * votes[0, 0, j]) for j in range(2)])
    above, couplings = route(votes, 2)
    torch.testing.assert_close(couplings[0, 0], shares)
    torch.testing.assert_close(above[0], expected)


def test_scores_are_lengths():
    network = CapsuleDiscriminator(channels=1, spatial=(16, 16), classes=0, width=8)
    scores = network(5 * torch.randn(6, 1, 16, 16)).score
    assert ((scores >= 0) & (scores < 1)).all()
    assert scores.std() > 0


def test_each_class_has_a_capsule_of_its_own():
    torch.manual_seed(0)
    network = CapsuleDiscriminator(
        channels=1, spatial=(8, 8), classes=3, conditioning="projection", width=8
    )
    image = torch.randn(1, 1, 8, 8)
    scores = [network(image, torch.tensor([code])).score.item() for code in range(3)]
    assert len(set(scores)) == 3
