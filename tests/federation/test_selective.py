"""Selective sharing: few changes, noise of the right size, and a budget that holds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cancergan.core.seeds import numpy_generator
from cancergan.federation.averaging import averaged, parameters_of, weights_of
from cancergan.federation.messages import Message, MessageError
from cancergan.federation.policy import SelectiveSettings
from cancergan.federation.selective import SelectiveSharing, sparse_vector
from tests.federation.board import a_hospital, agreed, join, says


def settings(**changes):
    return SelectiveSettings(
        **{"share": 0.1, "clip": 1.0, "threshold": 0.5, "epsilon": 1.0, "budget": 3.0, **changes}
    )


def test_with_hardly_any_noise_it_sends_what_lies_above_the_threshold():
    changes = np.array([0.9, -0.8, 0.1, 0.0, -0.2] + [0.0] * 15)
    sent = sparse_vector(changes, settings(epsilon=1e7), numpy_generator(0))
    assert np.allclose(sent[:2], [0.9, -0.8], atol=1e-4)
    assert (sent[2:] == 0).all()


def test_no_more_than_the_share_is_sent():
    sent = sparse_vector(np.ones(1000), settings(share=0.05), numpy_generator(0))
    assert np.count_nonzero(sent) <= 50


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_the_privacy_loss_of_one_query_is_within_epsilon(epsilon):
    """Chances of any outcome under two neighbouring inputs differ by at most e^epsilon.

    The neighbours are the two ends of the clipped range, for one query, the worst case.
    """
    draws = 40_000
    outcomes = []
    for number, value in enumerate((-1.0, 1.0)):
        random = numpy_generator(number, "neighbours")
        one = settings(share=1.0, epsilon=epsilon, threshold=0.0)
        sent = np.array([sparse_vector(np.array([value]), one, random)[0] for _ in range(draws)])
        counts, _ = np.histogram(sent, bins=[-1.01, -0.99, -0.3, -1e-9, 1e-9, 0.3, 0.99, 1.01])
        outcomes.append(counts / draws)
    shares = np.array(outcomes)
    kept = shares.min(axis=0) > 0.005
    error = 4 * np.sqrt(1 / (draws * shares[:, kept].min(axis=0)))
    loss = np.abs(np.log(shares[0, kept] / shares[1, kept]))
    assert (loss <= epsilon + error).all()
    assert loss.max() > epsilon / 10, "and the bound is not met by saying nothing"


def test_the_budget_is_never_exceeded_and_survives_a_restart(tmp_path):
    agreement = agreed(method="average")
    selective = {"epsilon": 1.0, "budget": 2.0}
    hospital = a_hospital(tmp_path, selective=selective, seed=5)
    weights = weights_of(agreement.new_game())

    def average(hospital, sequence):
        message = Message("average", agreement.run, sequence, tensors=weights, values={"rounds": 1})
        return says(hospital, message)

    hospital = a_hospital(tmp_path, selective=selective)
    says(hospital, join(agreement))
    assert average(hospital, 2).values["epsilon"] == 1.0
    again = a_hospital(tmp_path, selective=selective)
    says(again, join(agreement, 9))
    assert average(again, 10).values["epsilon"] == 2.0
    assert "budget of epsilon 2 is used up" in average(again, 11).values["reason"]


def test_running_statistics_are_not_shared():
    game = agreed(method="average").new_game()
    before = weights_of(game)
    after = {name: value + 1.0 for name, value in before.items()}
    movable = parameters_of(game)
    sent = SelectiveSharing(settings(epsilon=3.0)).share(
        before, after, movable, spent=0.0, random=numpy_generator(0)
    )
    still = set(before) - movable
    assert all(torch.equal(sent[name], before[name]) for name in still)
    assert any(not torch.equal(sent[name], before[name]) for name in movable)


def test_the_average_is_weighed_by_shares():
    parts = [{"w": torch.zeros(2)}, {"w": torch.ones(2)}]
    assert averaged(parts, [0.25, 0.75])["w"].tolist() == [0.75, 0.75]


def test_beyond_the_budget_nothing_is_computed():
    with pytest.raises(MessageError, match="used up"):
        SelectiveSharing(settings()).share({}, {}, (), spent=2.5, random=numpy_generator(0))
