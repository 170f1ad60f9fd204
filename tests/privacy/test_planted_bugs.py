"""Bugs of published code, planted one by one, and what notices each."""

import numpy as np
import pytest
import torch
from torch import nn

from cancergan import privacy
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator, torch_generator
from cancergan.games.base import Batch, Objective
from cancergan.games.noise_to_image import NoiseToImage
from cancergan.privacy import gradients
from cancergan.privacy.audit import audited
from cancergan.privacy.budget import Budget, BudgetSpentError, Ledger
from cancergan.privacy.gradients import Mechanism, patient_gradients, privatised_gradient
from cancergan.privacy.sampling import PatientLots
from cancergan.privacy.taint import check_private, private_players
from tests.privacy.test_taint import make

CANARIES, STEPS, CLAIM, DELTA = 150, 20, 1.0, 1e-4


def attacked(*, charged=STEPS, mechanism=Mechanism, keep_lot_secret=True):
    """Return the audit of a training whose canaries each push one weight of their own.

    The attacker adds up what the noisy gradients say of each canary's weight. The plan is for
    ``charged`` steps; ``STEPS`` are taken.
    """
    members = numpy_generator(0, "members").random(CANARIES) < 0.5
    lots = PatientLots.of([f"p{i}" for i in np.flatnonzero(members)], 20)
    budget = Budget.planned(
        epsilon=CLAIM, delta=DELTA, sampling_rate=lots.rate, steps=charged, patients=lots.patients
    )
    network = nn.Linear(CANARIES, 1, bias=False)
    rows = torch.eye(CANARIES)[np.flatnonzero(members)] * 5
    seen = torch.zeros(CANARIES)
    for step in range(STEPS):
        lot = lots.draw(numpy_generator(0, "lot", step))
        seen += privatised_gradient(
            lambda one: network(one["x"]).sum(),
            network,
            {"x": rows[lot]},
            mechanism(1.0, budget.noise, lots.expected),
            torch_generator(0, "noise", step),
            at_once=64,
        )["weight"][0]
    return audited("gradients", seen, members, claim=CLAIM, delta=DELTA)


def test_the_honest_mechanism_is_not_refuted():
    assert not attacked().refutes


def test_noise_divided_by_the_number_of_patients_is_refuted(monkeypatch):
    """As where noise of sigma C / N was added to a sum of gradients."""
    honest = gradients.noised

    def weak(total, mechanism, generator):
        noise = mechanism.noise / CANARIES
        return honest(total, Mechanism(1.0, noise, mechanism.expected_lot), generator)

    monkeypatch.setattr(gradients, "noised", weak)
    assert attacked().refutes


def test_missing_clipping_is_refuted(monkeypatch):
    monkeypatch.setattr(
        gradients, "clipped_sum", lambda g, norm: {k: 8 * v.sum(dim=0) for k, v in g.items()}
    )
    assert attacked().refutes


def test_a_step_that_is_not_charged_leaves_the_budget_no_room():
    """Planned for one step in twenty: the ledger refuses the second, and the claim was false."""
    budget = Budget.planned(epsilon=1, delta=1e-4, sampling_rate=0.2, steps=1, patients=100)
    ledger = Ledger(budget)
    ledger.charge()
    with pytest.raises(BudgetSpentError):
        ledger.charge()
    twenty = privacy.epsilon(noise=budget.noise, sampling_rate=0.2, steps=20, delta=1e-4)
    assert twenty > 2.5 * budget.epsilon


class WrongSign(NoiseToImage):
    """Keeps the real half of the critic's loss alone, turned round."""

    def discriminator_objective(self, batch: Batch, judge: str = "discriminator") -> Objective:
        return Objective({"adversarial": self._judge(batch.image, batch, judge).score.mean()})


def test_the_gradient_is_of_the_whole_loss_with_its_sign():
    """A private step without clipping and noise must go where an open one goes."""
    image = torch.rand(48, 1, 16, 16, generator=torch_generator(0)) * 2 - 1

    def direction(game):
        critic, draws = game.players["discriminator"].network, torch_generator(1)
        found = patient_gradients(
            lambda one: game.discriminator_objective(Batch(one, draws)).total,
            critic,
            {"image": image},
            vectorised=False,
        )
        private = torch.cat([value.mean(dim=0).flatten() for value in found.values()])
        honest = make(loss="wasserstein")
        for name, player in honest.players.items():
            player.network.load_state_dict(game.players[name].network.state_dict())
        honest.players["generator"].network.eval()
        loss = honest.discriminator_objective(Batch({"image": image}, torch_generator(1))).total
        weights = list(honest.players["discriminator"].network.parameters())
        opened = torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights)])
        return torch.cosine_similarity(private, opened, dim=0).item()

    torch.manual_seed(0)
    games = [make(kind, loss="wasserstein") for kind in (NoiseToImage, WrongSign)]
    for game in games:
        game.players["generator"].network.eval()
    assert direction(games[0]) > 0.8
    assert direction(games[1]) < 0.5


def recovered(answer, shape):
    """Return an 8-bit image by asking, for eight rounds, on which side of a guess it lies."""
    low, high = np.zeros(shape), np.full(shape, 255.0)
    for _ in range(8):
        guess = np.floor((low + high) / 2) + 0.5
        above = answer(guess) < 0  # d |guess - real| / d guess
        low, high = np.where(above, guess + 0.5, low), np.where(above, high, guess - 0.5)
    return low


def test_an_l1_term_gives_a_patients_image_away_and_is_refused():
    """Eight gradients of a distance in pixels spell the image, to the last bit."""
    real = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(float)

    def answer(guess):
        asked = torch.tensor(guess, requires_grad=True)
        (asked - torch.tensor(real)).abs().sum().backward()
        return asked.grad.numpy()

    assert np.abs(recovered(answer, real.shape) - real).max() == 0

    class WithL1(NoiseToImage):
        def generator_objective(self, batch: Batch) -> Objective:
            far = (self._generate(batch) - batch.image).abs().mean()
            return Objective({**super().generator_objective(batch).terms, "l1": far})

    game = make(WithL1)
    with pytest.raises(BadInputError, match="learns openly"):
        check_private(game, private_players(game, ()))
