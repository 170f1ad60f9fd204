"""Dense networks: shapes, range, rows judged alone, and the contract on a table."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.games.base import ImageShape, NetworkSettings
from cancergan.games.contract import SHAPES, TABLE, check_game
from cancergan.games.noise_to_image import NoiseToImage, NoiseToImageSettings
from cancergan.games.paired_translation import PairedTranslation, PairedTranslationSettings
from cancergan.networks.dense import DenseDiscriminator, DenseEncoder, DenseGenerator


@pytest.mark.parametrize("spatial", [(), (5, 3)])
def test_shapes(spatial):
    generator = DenseGenerator(channels=4, spatial=spatial, latent_size=6, classes=2)
    made = generator(torch.randn(7, 6), torch.zeros(7, dtype=torch.long))
    assert made.shape == (7, 4, *spatial)
    assert made.abs().max() <= 1
    for conditioning in ("none", "concatenate", "projection", "auxiliary"):
        judge = DenseDiscriminator(
            channels=4, spatial=spatial, classes=2, conditioning=conditioning
        )
        assert judge(made, torch.zeros(7, dtype=torch.long)).score.shape == (7,)
    assert DenseEncoder(channels=4, spatial=spatial, outputs=3)(made).shape == (7, 3)


def test_a_discriminator_judges_each_row_alone():
    judge = DenseDiscriminator(channels=3, spatial=(), classes=0)
    rows = torch.randn(5, 3)
    together = judge(rows).score
    alone = torch.cat([judge(row[None]).score for row in rows])
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("conditioning", ["none", "concatenate", "projection", "auxiliary"])
def test_noise_to_image_keeps_its_contract_on_a_table(conditioning):
    settings = NoiseToImageSettings(
        conditioning=conditioning,
        generator=NetworkSettings(name="dense", options={"width": 16}),
        discriminator=NetworkSettings(name="dense", options={"width": 16}),
        latent_size=4,
    )
    check_game(lambda shape: NoiseToImage.build(settings, shape), shapes=(TABLE, SHAPES[0]))


def test_networks_of_images_say_so():
    with pytest.raises(BadInputError, match='"convolutional" works on images'):
        NoiseToImage.build(NoiseToImageSettings(), ImageShape(5, ()))


@pytest.mark.parametrize("adversarial_weight", [0.0, 1.0])
def test_paired_translation_keeps_its_contract_between_tables(adversarial_weight):
    settings = PairedTranslationSettings(
        adversarial_weight=adversarial_weight,
        style="noise",
        latent_size=3,
        generator=NetworkSettings(name="dense", options={"width": 16}),
        discriminator=NetworkSettings(name="dense", options={"width": 16}),
    )
    shape = ImageShape(5, (), (), {"source": ImageShape(3, ())})
    check_game(lambda shape: PairedTranslation.build(settings, shape), shapes=(shape,))


def test_textures_of_tables_are_refused():
    settings = PairedTranslationSettings(
        content=1.0,
        generator=NetworkSettings(name="dense"),
        discriminator=NetworkSettings(name="dense"),
    )
    with pytest.raises(BadInputError, match="a table has none"):
        PairedTranslation.build(settings, ImageShape(5, (), (), {"source": ImageShape(3, ())}))
