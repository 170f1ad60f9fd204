"""The builders describe the data to a network, and refuse classes that are not there."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.games import builders
from cancergan.games.base import ImageShape, NetworkSettings

SHAPE = ImageShape(2, (16, 17), ("benign", "malignant", "normal"))
NARROW = NetworkSettings(options={"width": 4})


def test_networks_fit_the_shape_and_the_classes():
    label = torch.tensor([0, 2])
    made = builders.generator(NARROW, SHAPE, latent_size=5, classes=3)(torch.randn(2, 5), label)
    assert made.shape == (2, 2, 16, 17)
    judge = builders.discriminator(NARROW, SHAPE, classes=3, conditioning="auxiliary")
    assert judge(made, label).class_logits.shape == (2, 3)
    assert builders.encoder(NARROW, SHAPE, outputs=7)(made).shape == (2, 7)


def test_an_unknown_option_is_answered_with_the_nearest():
    with pytest.raises(BadInputError, match='"widht"; did you mean "width"'):
        builders.encoder(NetworkSettings(options={"widht": 4}), SHAPE, outputs=1)


def test_classes_take_part_where_the_conditioning_says():
    assert builders.classes_of("none", SHAPE) == 0
    assert builders.classes_of("none", ImageShape(1, (16, 16))) == 0
    assert builders.classes_of("projection", SHAPE) == 3
    with pytest.raises(BadInputError, match="needs at least 2 classes, the cohort has 1"):
        builders.classes_of("projection", ImageShape(1, (16, 16), ("benign",)))
