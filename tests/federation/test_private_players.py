"""Private and federated at once: noise at the site, a budget that is the hospital's own."""

from __future__ import annotations

import functools
import json

import pytest
import torch

from cancergan import privacy
from cancergan.core.errors import BadInputError
from cancergan.federation.messages import Message
from cancergan.federation.simulation import simulate
from cancergan.privacy import budget
from tests.data import blobs
from tests.federation.board import CLASSES, a_hospital, agreed, join, says


@pytest.fixture(autouse=True, scope="module")
def planned_once():
    """The search for the noise takes seconds, and these tests ask for the same one."""
    known = functools.cache(budget.noise_for)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "noise_for", known)
        yield


def private(**settings):
    return agreed(
        "dpgan",
        **{
            "training.steps": 3,
            "game.conditioning": "projection",
            "privacy.epsilon": 8.0,
            "privacy.delta": 1e-3,
            "privacy.repeatable": True,
            **settings,
        },
    )


def images(agreement, sequence, round_):
    tensors = {"images": torch.zeros(1, 4, 1, 16, 16)}
    return Message("images", agreement.run, sequence, tensors=tensors, values={"round": round_})


def test_the_spent_budget_is_the_accountants_and_never_more(tmp_path):
    cohorts = {f"h{k}": blobs(24, seed=k) for k in range(2)}
    run = simulate(private(), cohorts, tmp_path / "run")
    record = json.loads((run.path / "federation.json").read_text())
    [path] = (tmp_path / "run" / "hospitals" / "h0" / "privacy").glob("*/privacy.json")
    planned = json.loads(path.read_text())
    assert planned["charged"] == 3
    spent = privacy.epsilon(
        noise=planned["noise"], sampling_rate=4 / 12, steps=3, delta=1e-3, accountant="rdp"
    )
    assert record["sites"]["h0"]["epsilon"] == pytest.approx(spent)
    assert spent <= 8.0


def test_beyond_the_budget_a_hospital_refuses_whoever_asks(tmp_path):
    agreement = private()
    hospital = a_hospital(tmp_path, cases=24)
    says(hospital, join(agreement))
    for number in range(3):
        assert says(hospital, images(agreement, number + 2, number)).kind == "gradient"
    refusal = says(hospital, images(agreement, 6, 3))
    assert "budget of epsilon 8 holds 0 more" in refusal.values["reason"]
    again = a_hospital(tmp_path, cases=24)
    says(again, join(agreement, 7))
    assert "holds 0 more" in says(again, images(agreement, 8, 0)).values["reason"]


def test_the_discriminator_moves_by_the_lots_noisy_gradient_alone(tmp_path):
    """With the same key and fakes two hospitals with other patients differ only by clipped sums."""
    agreement = private(**{"privacy.clipping_norm": 1e-9})
    weights = []
    for seed in (0, 1):
        hospital = a_hospital(tmp_path / str(seed), seed=seed, cases=24)
        hospital.site = "same"
        says(hospital, join(agreement))
        says(hospital, images(agreement, 2, 0))
        weights.append(hospital.players.game.players["discriminator"].network.state_dict())
    for name, value in weights[0].items():
        assert torch.allclose(value, weights[1][name], atol=1e-3), name


def test_labels_that_leave_are_drawn_and_not_the_patients(tmp_path):
    """A hospital with one class alone asks for both, in the public shares."""
    agreement = private()
    hospital = a_hospital(tmp_path, cases=24)
    hospital.cohort = blobs(48).select(f"label == '{CLASSES[0]}'")
    says(hospital, join(agreement))
    label = says(hospital, Message("ask", agreement.run, 2)).tensors["label"]
    assert set(label.flatten().tolist()) == {0, 1}


def test_losses_on_real_images_are_not_reported(tmp_path):
    agreement = private()
    hospital = a_hospital(tmp_path, cases=24)
    says(hospital, join(agreement))
    figures = says(hospital, images(agreement, 2, 0)).values["figures"]
    assert set(figures) == {"generator/adversarial"}


def test_a_policy_may_ask_for_a_budget(tmp_path):
    strict = a_hospital(tmp_path, cases=24, largest_epsilon=3.0)
    assert "has no budget" in says(strict, join(agreed())).values["reason"]
    assert "epsilon 8" in says(strict, join(private(), 2)).values["reason"]
    assert says(strict, join(private(**{"privacy.epsilon": 2.0}), 3)).kind == "joined"


def test_weights_are_not_averaged_under_a_budget():
    with pytest.raises(BadInputError, match="would leave without noise"):
        agreed("dpgan", method="average", **{"game.conditioning": "projection"})


def test_adaptive_augmentation_is_refused_by_the_hospital(tmp_path):
    agreement = private(
        **{"game.loss": "non_saturating", "game.augmentation.probability": "adaptive",
           "game.augmentation.operations": ["brightness"]}
    )  # fmt: skip
    answer = says(a_hospital(tmp_path, cases=24), join(agreement))
    assert answer.kind == "refusal"
