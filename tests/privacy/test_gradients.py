"""Gradients by patient against loops and closed forms; clipping, noise, lots of no patient."""

import pytest
import torch
from torch import nn

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import torch_generator
from cancergan.games import games
from cancergan.games.base import Batch, ImageShape, only_moving
from cancergan.privacy.gradients import (
    Mechanism,
    clipped_sum,
    fitting,
    patient_gradients,
    privatised_gradient,
    refresh,
)

SHAPE = ImageShape(1, (16, 16), ("benign", "malignant"))
GAMES = {
    "gradient_penalty": {"loss": "wasserstein", "penalty": {"name": "gradient_penalty"}},
    "r1": {"loss": "non_saturating", "penalty": {"name": "r1"}},
    "spectral": {"loss": "hinge", "discriminator": {"options": {"spectral": True}}},
    "augmented": {"augmentation": {"operations": ["brightness", "translation", "flip"]}},
    "auxiliary": {"conditioning": "auxiliary"},
    "projection": {"conditioning": "projection"},
}


def make_game(settings):
    kind = games["noise_to_image"]
    options = {"width": 4, "normalise": "group"}
    given = settings.get("discriminator", {}).get("options", {})
    critic = {"options": options | {"minibatch_deviation": False} | given}
    made = {**settings, "discriminator": critic, "generator": {"options": options}}
    torch.manual_seed(0)
    return kind.build(kind.schema.model_validate({"latent_size": 8, **made}), SHAPE)


@pytest.fixture
def draws_by_row(monkeypatch):
    """Make every draw a function of the patient's row alone, so that both ways draw alike."""
    row = {}
    drawn = {
        (kind, shape): getattr(torch, kind)(6, *shape, generator=torch_generator(0, kind, shape))
        for kind in ("rand", "randn")
        for shape in ((1,), (1, 2), (1, 8))
    }

    def draw_with(kind):
        def draw(*size, generator=None, device=None, dtype=None):
            shape = tuple(size[0]) if isinstance(size[0], tuple) else size
            return drawn[kind, shape][row["now"]].reshape(shape)

        return draw

    for name in ("rand", "randn"):
        monkeypatch.setattr(torch, name, draw_with(name))
    return row


@pytest.mark.parametrize("name", GAMES)
def test_gradients_together_equal_a_loop_of_autograd(name, draws_by_row):
    game = make_game(GAMES[name])
    real = torch.empty(6, 1, 16, 16).uniform_(-1, 1, generator=torch_generator(0))
    columns = {"image": real, "label": torch.arange(6) % 2, "row": torch.arange(6)}

    def loss(one):
        draws_by_row["now"] = one["row"]
        batch = Batch({key: one[key] for key in ("image", "label")}, torch_generator(0))
        return game.discriminator_objective(batch).total

    critic = game.players["discriminator"].network
    with only_moving(game, "discriminator"):
        together = patient_gradients(loss, critic, columns)
        apart = patient_gradients(loss, critic, columns, vectorised=False)
    assert together.keys() == apart.keys()
    for key, value in apart.items():
        torch.testing.assert_close(together[key], value, rtol=1e-5, atol=1e-5)
        assert name != "auxiliary" or value.abs().sum() > 0


def line(weight):
    network = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([weight]))
    return network


def test_clipping_bounds_each_patient_and_leaves_short_gradients_alone():
    """The loss w . x of a line has gradient x: lengths 5, 0.5 and 0."""
    network = line([1.0, 1.0])
    columns = {"x": torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])}
    gradients = patient_gradients(lambda one: network(one["x"]).sum(), network, columns)
    torch.testing.assert_close(gradients["weight"][:, 0], columns["x"])
    total = clipped_sum(gradients, 1.0)["weight"][0]
    torch.testing.assert_close(total, torch.tensor([0.6 + 0.3, 0.8 + 0.4]))


def test_the_norm_is_of_all_weights_together():
    gradients = {"a": torch.full((1, 2), 3.0), "b": torch.full((1, 2), 4.0)}  # length sqrt(50)
    clipped = clipped_sum(gradients, 1.0)
    assert torch.cat(list(clipped.values())).norm().item() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_a_patient_whose_gradient_is_no_number_contributes_nothing(bad):
    gradients = {"a": torch.tensor([[bad, 1.0], [0.3, 0.4]]), "b": torch.zeros(2, 1)}
    torch.testing.assert_close(clipped_sum(gradients, 1.0)["a"], torch.tensor([0.3, 0.4]))


def privatised(x, seed=0, **changed):
    network = line([0.0, 0.0])
    mechanism = Mechanism(**({"clipping_norm": 2.0, "noise": 1.5, "expected_lot": 10.0} | changed))
    return privatised_gradient(
        lambda one: network(one["x"]).sum(),
        network,
        {"x": torch.as_tensor(x)},
        mechanism,
        torch_generator(seed),
        at_once=4,
    )["weight"][0]


def test_noise_is_on_the_sum_and_the_mean_is_over_the_expected_lot():
    """Whatever the number of patients: noise of 1.5 x 2 on the sum, and all of it over 10."""
    for patients in (0, 3, 30):
        x = torch.tensor([[1.0, 0.0]]).expand(patients, 2)
        found = torch.stack([privatised(x, seed) for seed in range(800)])
        assert found.mean(dim=0).tolist() == pytest.approx([patients / 10, 0], abs=0.04)
        assert found.std(dim=0).tolist() == pytest.approx([0.3, 0.3], rel=0.1)


def test_one_patient_more_changes_the_sum_by_at_most_the_norm():
    few, many = torch.randn(9, 2), torch.full((1, 2), 1e6)
    with_, without = privatised(torch.cat([few, many])), privatised(few)
    assert 1.999 <= ((with_ - without) * 10).norm().item() <= 2.0 + 1e-5


def test_portions_do_not_change_the_result():
    x = torch.randn(11, 2, generator=torch_generator(1))
    total = clipped_sum({"w": x}, 2.0)["w"] / 10
    torch.testing.assert_close(privatised(x, noise=0.0), total)


def test_spectral_norm_takes_its_step_once_a_lot_whoever_is_in_it():
    network = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3))
    before = {name: value.clone() for name, value in network.named_buffers()}
    columns = {"x": torch.randn(5, 3)}
    for vectorised in (True, False):
        patient_gradients(
            lambda one: network(one["x"]).sum(), network, columns, vectorised=vectorised
        )
    assert all(torch.equal(before[name], value) for name, value in network.named_buffers())
    assert network.training
    assert network.parametrizations.training
    with torch.no_grad():
        network.parametrizations.weight.original.add_(torch.eye(3))
    refresh(network)
    assert not all(torch.equal(before[name], value) for name, value in network.named_buffers())


def test_a_loss_that_cannot_be_vectorised_says_so_and_works_one_by_one():
    network = line([1.0, 2.0])

    def loss(one):
        return network(one["x"]).sum() * (2.0 if one["x"].sum().item() > 0 else 1.0)

    columns = {"x": torch.ones(3, 2)}
    with pytest.raises(BadInputError, match=r"privacy\.vectorised=false"):
        patient_gradients(loss, network, columns)
    found = patient_gradients(loss, network, columns, vectorised=False)
    torch.testing.assert_close(found["weight"], torch.full((3, 1, 2), 2.0))


@pytest.mark.parametrize(
    "changed", [{"clipping_norm": 0.0}, {"noise": -1.0}, {"expected_lot": 0.0}, {"noise": 1e999}]
)
def test_a_mechanism_needs_numbers(changed):
    with pytest.raises(BadInputError, match="must be a finite number"):
        privatised(torch.zeros(1, 2), **changed)


def test_how_many_patients_at_once_changes_time_and_not_the_gradient():
    network, x = nn.Linear(4, 1), torch.randn(9, 4, generator=torch_generator(0))
    mechanism = Mechanism(1.0, 0.5, 8)

    def found(at_once):
        return privatised_gradient(
            lambda one: network(one["x"]).sum(),
            network,
            {"x": x},
            mechanism,
            torch_generator(1),
            at_once=at_once,
        )

    for name, value in found(None).items():
        torch.testing.assert_close(value, found(2)[name])
    assert fitting({"w": torch.zeros(10)}) == 128
    assert fitting({"w": torch.zeros(2**22)}) == 8
    assert fitting({"w": torch.empty(2**26, device="meta")}) == 1
