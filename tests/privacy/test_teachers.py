"""Teachers share no patient; every vote that is told is noisy and charged; leaks are refused."""

import numpy as np
import pytest
import torch

from cancergan import privacy
from cancergan.core.errors import BadInputError
from cancergan.games.base import Batch, ImageShape, Objective
from cancergan.games.teacher_ensemble import TeacherEnsemble, teachers
from cancergan.privacy.budget import Budget, BudgetSpentError, Ledger
from cancergan.privacy.taint import check_private, private_players
from cancergan.privacy.teachers import Partition, Votes

PATIENTS = [f"p{i // 3}" for i in range(60)]  # three images each


def test_every_case_is_one_teachers_and_no_patient_is_two_teachers():
    parts = Partition.of(PATIENTS, 6, seed=0)
    assert sorted(np.concatenate(parts.cases)) == list(range(60))
    of_patient = [{PATIENTS[case] for case in part} for part in parts.cases]
    assert sum(map(len, of_patient)) == 20
    assert {len(names) for names in of_patient} <= {3, 4}


def test_teachers_that_share_a_patient_are_refused():
    """As when images instead of patients are dealt out."""
    by_image = Partition(tuple(np.arange(60)[start::6] for start in range(6)))
    with pytest.raises(BadInputError, match="teaches two teachers"):
        by_image.check(PATIENTS)
    with pytest.raises(BadInputError, match="cannot teach 11 teachers"):
        Partition.of(PATIENTS, 11, seed=0)


def budget(steps=1000, epsilon=5.0):
    return Budget.planned(epsilon=epsilon, delta=1e-3, sampling_rate=1.0, steps=steps, patients=100)


def test_each_vote_is_charged_before_it_is_told_and_no_more_than_planned():
    ledger = Ledger(budget(steps=100))
    votes = Votes(ledger, key=1)
    votes(torch.zeros(64))
    assert ledger.charged == 64
    with pytest.raises(BudgetSpentError):
        votes(torch.zeros(64))
    assert ledger.charged == 64


def test_votes_are_a_gaussian_mechanism_of_sensitivity_one():
    planned = budget()
    told = Votes(Ledger(planned), key=1)(torch.full((1000,), 7.0))
    assert told.mean().item() == pytest.approx(7, abs=4 * planned.noise / 1000**0.5)
    assert told.std().item() == pytest.approx(planned.noise, rel=0.1)
    # Renyi: 1000 alpha / (2 sigma^2), so the noise that keeps 5 at 1e-3 is about 29 votes
    assert privacy.epsilon(noise=planned.noise, sampling_rate=1, steps=1000, delta=1e-3) <= 5


def test_laplace_votes_are_a_laplace_mechanism_of_sensitivity_one():
    planned = Budget.planned(
        epsilon=5, delta=1e-3, sampling_rate=1.0, steps=1000, patients=100, kind="laplace"
    )
    told = Votes(Ledger(planned), key=1)(torch.full((1000,), 7.0))
    deviation = (told - 7).abs().mean().item()  # of Laplace noise, its scale
    assert deviation == pytest.approx(planned.noise, rel=0.1)
    assert ((told - 7).abs() > 3 * planned.noise).float().mean() == pytest.approx(0.05, abs=0.02)
    assert planned.spent(1000) <= 5


def make(kind=TeacherEnsemble, **settings):
    options = {"width": 4, "normalise": "group"}
    given = {
        "teachers": 3,
        "latent_size": 4,
        "generator": {"options": options},
        "discriminator": {"options": options | {"minibatch_deviation": False}},
    }
    torch.manual_seed(0)
    shape = ImageShape(1, (16, 16), ("benign", "malignant"))
    return kind.build(kind.schema.model_validate(given | settings), shape)


def check(game):
    private = private_players(game, ())
    return private, check_private(game, private)


@pytest.mark.parametrize("conditional", [False, True])
def test_the_ensemble_passes_and_says_what_it_asks(conditional):
    private, asked = check(make(conditional=conditional))
    assert list(private) == teachers(3)
    assert asked == (0, 0, 0, 1, 0)  # one vote a synthetic image, in the student's turn


class Overheard(TeacherEnsemble):
    """Lets the student see the votes themselves."""

    def student_objective(self, batch: Batch) -> Objective:
        with torch.no_grad():
            fake = self._generate(batch)
            votes = sum(torch.sigmoid(self._score(name, fake, batch)) for name in teachers(3)) / 3
        error = (torch.sigmoid(self._score("student", fake, batch)) - votes).square().mean()
        return Objective({"agreement": error})


class Shown(TeacherEnsemble):
    """Trains the student on real images too, as published code did."""

    def student_objective(self, batch: Batch) -> Objective:
        terms = super().student_objective(batch).terms
        real = -self._score("student", batch.image, batch).mean()
        return Objective({**terms, "real": real})


class Skipping(TeacherEnsemble):
    """Asks only where the majority is clear, which the budget must hear of all the same."""

    def student_objective(self, batch: Batch) -> Objective:
        with torch.no_grad():
            fake = self._generate(batch)
            votes = sum((self._score(n, fake, batch) > 0).float() for n in teachers(3))
        clear = (votes == 0) | (votes == 3)
        asked = batch.release(votes[clear])
        score = self._score("student", fake, batch)[clear]
        return Objective({"agreement": (torch.sigmoid(score) - asked / 3).square().sum()})


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Overheard, "otherwise than by votes that are released"),
        (Skipping, "otherwise than by votes that are released"),
        (Shown, '"student" learns openly'),
    ],
)
def test_leaks_round_the_votes_are_found(kind, message):
    with pytest.raises(BadInputError, match=message):
        check(make(kind))


def test_teachers_beside_a_clipped_player_are_refused():
    game = make()
    game.players["student"].touches_real = True
    with pytest.raises(BadInputError, match="one run has one mechanism"):
        check(game)
