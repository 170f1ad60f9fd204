"""Content and style: any kind of adversary, several answers for one source."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games.base import ImageShape, Request
from cancergan.games.content_style import ContentStyle, ContentStyleSettings
from cancergan.games.contract import check_game, noise_columns, shapes_with

SHAPE = ImageShape(3, (16, 16), given={"source": ImageShape(1, (16, 16))})


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    values = {
        "width": 4,
        "blocks": 1,
        "discriminator": {"name": "patch", "options": {"width": 4}},
        **choices,
    }
    return ContentStyle.build(ContentStyleSettings.model_validate(values), shape)


@pytest.mark.parametrize("choices", [{"cycle": 5.0}, {"loss": "relativistic_average"}])
def test_terms_are_independent_choices(choices):
    check_game(
        lambda shape: build(
            shape, discriminator={"name": "patch", "options": {"width": 4}}, **choices
        ),
        shapes=shapes_with({"source": 1})[:1],
    )


def test_one_source_has_many_answers():
    game, source = build(), noise_columns(SHAPE, 1)["source"]
    one, same, other = (
        game.synthesise(Request(1, torch_generator(0, seed), None, {"source": source}))["image"]
        for seed in (0, 0, 1)
    )
    assert torch.equal(one, same)
    assert (one - other).abs().max() > 1e-3


def test_a_source_is_needed():
    with pytest.raises(BadInputError, match="need a source of the image"):
        build(ImageShape(1, (16, 16)))
