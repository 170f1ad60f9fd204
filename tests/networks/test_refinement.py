"""Stages add to what came before; places weigh their inputs."""

import torch

from cancergan.networks.translators import translators


def make(name, inputs=2, **options):
    torch.manual_seed(0)
    settings = {"inputs": inputs, "outputs": 1, "spatial": (32, 32), "width": 4, "depth": 2}
    return translators[name](**{**settings, **options})


def test_a_stage_that_says_nothing_leaves_the_first_image():
    network = make("cascade", stages=3)
    for stage in network.stages[1:]:
        torch.nn.init.zeros_(stage.end.weight)
        torch.nn.init.zeros_(stage.end.bias)
    source = torch.rand(1, 2, 32, 32)
    assert torch.equal(network(source), network.stages[0](source))


def test_inputs_start_equal_and_one_can_be_silenced_in_one_part_only():
    network, source = make("locality_adaptive", parts=4), torch.rand(1, 2, 32, 32)
    torch.testing.assert_close(network.fused(source), source.mean(dim=1, keepdim=True))
    with torch.no_grad():
        network.weights[0, 1, 0, 0] = 0.0
    torch.testing.assert_close(network.fused(source)[..., :4, :4], source[:, :1, :4, :4] / 2)
    torch.testing.assert_close(
        network.fused(source)[..., 16:, 16:], source.mean(dim=1, keepdim=True)[..., 16:, 16:]
    )
