"""Why a loss that compares with real pixels is refused: its gradients are the patient's image."""

from __future__ import annotations

import numpy as np
import torch

from cancergan.federation.messages import Message
from tests.federation.board import a_hospital, join, maps_to_images, says


def attacked(tmp_path, similarity):
    """Return what a curious coordinator sees of a hospital, and the real images.

    It sends images of its own choice instead of a generator's, one grey level after the other, and
    reads the signs of the gradient. The hospital draws its four cases in another order each time;
    where real pixels lie above one level, those of the same case lie above all lower ones, so the
    answers sort themselves.
    """
    agreement = maps_to_images(**{"game.similarities": {similarity: 100.0}, "compares": True})
    hospital = a_hospital(tmp_path, cases=4, min_cases=4, allow_compare_with_real=True)
    assert says(hospital, join(agreement)).kind == "joined"
    levels = np.linspace(-0.97, 0.97, 33)
    seen = np.full((4, 1, 16, 16), -1.0)
    last = np.ones((4, 1, 16, 16), bool)
    for number, level in enumerate(levels):
        images = torch.full((1, 4, 1, 16, 16), float(level))
        message = Message(
            "images", agreement.run, number + 2, tensors={"images": images},
            values={"round": number},
        )  # fmt: skip
        gradient = says(hospital, message).tensors["gradient"].numpy()
        above = gradient < 0  # d|fake - real|/d fake is -1 where the real pixel is brighter
        outside = (above[:, None] & ~last[None]).reshape(4, 4, -1).sum(axis=2)
        order = [int(np.argmin(outside[:, case])) for case in range(4)] if number else range(4)
        last = above[list(order)]
        seen[last] = level
    real = hospital.players.local.data.columns["image"]
    return seen + (levels[1] - levels[0]) / 2, real


def test_l1_over_the_wire_gives_a_patients_image_away(tmp_path):
    seen, real = attacked(tmp_path, "l1")
    errors = np.abs(seen[:, None] - real[None]).reshape(4, 4, -1).mean(axis=2)
    nearest = errors.argmin(axis=1)
    others = errors[~np.eye(4, dtype=bool)[nearest]]
    assert errors.min(axis=1).max() < 0.03, "each of the four is found within half a level or so"
    assert others.min() > 0.04, "and it is that patient's image, not an average one"


def test_a_hospital_refuses_it_unless_its_policy_says_otherwise(tmp_path):
    agreement = maps_to_images(**{"game.similarities": {"l1": 100.0}, "compares": True})
    answer = says(a_hospital(tmp_path), join(agreement))
    assert answer.values["reason"] == (
        "join: the recipe's loss compares with real images, which the policy forbids."
    )


def test_a_coordinator_that_says_it_does_not_compare_is_not_believed(tmp_path):
    honest = maps_to_images(**{"game.similarities": {"l1": 100.0}, "compares": True})
    lie = join(honest)
    lie.values["agreement"]["compares"] = False
    assert "compares with real images" in says(a_hospital(tmp_path), lie).values["reason"]
