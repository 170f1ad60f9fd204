"""Membership attacks on data whose members are known, and on copies."""

import numpy as np
import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.games import games
from cancergan.games.base import ImageShape
from cancergan.privacy.attacks import (
    density_ratio_scores,
    discriminator_scores,
    distance_scores,
    membership_findings,
    true_positive_rate,
)


def population(copies):
    """100 members and 100 others of one distribution; some synthetic cases are members' copies."""
    random = numpy_generator(0, "population")
    people = random.normal(size=(200, 6))
    made = random.normal(size=(200, 6))
    made[:copies] = people[:copies] + 0.01 * random.normal(size=(copies, 6))
    return people, made, np.arange(200) < 100, random.normal(size=(300, 6))


def area(scores, members):
    return membership_findings("x", scores, members, [f"p{i}" for i in range(len(members))])[0]


def test_attacks_find_copies_and_nothing_else():
    people, copied, members, reference = population(60)
    _, honest, _, _ = population(0)
    for score in (
        lambda made: distance_scores(people, made),
        lambda made: density_ratio_scores(people, made, reference, k=1),
    ):
        assert area(score(copied), members).low > 0.65
        found = area(score(honest), members)
        assert found.low < 0.5 < found.high


def test_distance_is_minus_the_nearest():
    scores = distance_scores([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 1.0]])
    assert scores.tolist() == pytest.approx([0, -np.sqrt(18)])


def test_density_ratio_of_equal_sets_is_zero_and_grows_with_density():
    cases = numpy_generator(0, "cases").normal(size=(50, 3))
    assert density_ratio_scores([[0, 0, 0]], cases, cases).tolist() == [0]
    assert density_ratio_scores([[0, 0, 0]], cases / 2, cases)[0] == pytest.approx(3 * np.log(2))
    with pytest.raises(BadInputError, match="more than 5"):
        density_ratio_scores(cases, cases[:5], cases)


def test_true_positives_where_few_others_are_above():
    scores = [5, 4, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    members = [True] * 4 + [False] * 10
    assert true_positive_rate(scores, members, at=0.01) == 0.5
    assert true_positive_rate(scores, members, at=0.1) == 1.0
    assert true_positive_rate(np.zeros(14), members, at=0.1) == 0  # ties give no hit


def test_the_discriminators_mean_score_is_read_in_evaluation():
    kind = games["noise_to_image"]
    small = {"options": {"width": 4}}
    made = {"discriminators": 2, "generator": small, "discriminator": small, "latent_size": 4}
    torch.manual_seed(0)
    game = kind.build(kind.schema.model_validate(made), ImageShape(1, (8, 8)))
    images = torch.rand(5, 1, 8, 8)
    with torch.no_grad():
        judges = [
            game.players[name].network.eval() for name in ("discriminator", "discriminator_2")
        ]
        expected = sum(judge(images).score for judge in judges) / 2
    np.testing.assert_allclose(discriminator_scores(game, images.numpy()), expected, rtol=1e-5)
