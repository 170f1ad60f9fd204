"""The student learns what the teachers agree on, from synthetic images alone."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape, make_optimiser, move
from cancergan.games.contract import check_game
from cancergan.games.teacher_ensemble import (
    TeacherEnsemble,
    TeacherEnsembleSettings,
    teachers,
)

SMALL = {"options": {"width": 4}}


def build(shape, **settings):
    given = {"teachers": 3, "latent_size": 4, "generator": SMALL, "discriminator": SMALL}
    return TeacherEnsemble.build(TeacherEnsembleSettings.model_validate(given | settings), shape)


def test_conditional_ensembles_keep_the_contract():
    shapes = (ImageShape(1, (11, 8), ("a", "b")),)
    check_game(lambda shape: build(shape, conditional=True), shapes=shapes)


def test_conditional_needs_classes():
    with pytest.raises(BadInputError, match="at least 2 classes"):
        build(ImageShape(1, (8, 8)), conditional=True)


def test_the_student_follows_what_is_released_and_not_the_teachers():
    torch.manual_seed(0)
    game = build(ImageShape(1, (8, 8)), student_optimiser={"learning_rate": 1e-2})
    images = {"image": torch.full((8, 1, 8, 8), torch.nan)}
    for released, expected in ((3.0, 1.0), (0.0, 0.0)):

        def batch(number, told=released):
            generator = torch_generator(0, number)
            return Batch(images, generator, lambda counts: torch.full_like(counts, told))

        turn = next(turn for turn in game.turns() if turn.player == "student")
        optimiser = make_optimiser(game.players["student"])
        for number in range(60):
            objective = move(game, turn, batch(number), optimiser)
        assert objective.observations["share_taken_for_real"].item() == expected
        assert objective.terms["agreement"].item() < 0.3


def test_votes_count_the_teachers_who_take_an_image_for_real():
    torch.manual_seed(0)
    game = build(ImageShape(1, (8, 8)))
    seen = []
    for place, name in enumerate(teachers(3)):
        with torch.no_grad():
            game.players[name].network.verdict.score.weight.zero_()
            game.players[name].network.verdict.score.bias.fill_(1.0 if place else -1.0)
    batch = Batch(
        {"image": torch.zeros(5, 1, 8, 8)}, torch_generator(0), lambda c: seen.append(c) or c
    )
    objective = game.student_objective(batch)
    assert seen[0].tolist() == [2.0] * 5
    assert objective.observations["share_taken_for_real"].item() == 1.0
