"""What a hospital refuses, each with one line, and what it lets leave."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cancergan.cohort import Cohort
from cancergan.federation.hospital import Hospital
from cancergan.federation.ledger import read_ledger
from cancergan.federation.messages import Message, MessageError
from cancergan.federation.policy import HospitalPolicy
from tests.data import blobs
from tests.federation.board import a_hospital, agreed, join, maps_to_images, says


def images(agreement, sequence, round_=0, **changes):
    tensors = {"images": torch.zeros(1, 4, 1, 16, 16)}
    values = {"round": round_}
    return Message("images", agreement.run, sequence, tensors=tensors, values=values, **changes)


@pytest.fixture
def joined(tmp_path):
    agreement = agreed()
    hospital = a_hospital(tmp_path)
    assert says(hospital, join(agreement)).kind == "joined"
    return hospital, agreement


def reason(answer):
    assert answer.kind == "refusal"
    return answer.values["reason"]


def test_the_answer_is_a_gradient_and_the_next_labels(joined):
    hospital, agreement = joined
    answer = says(hospital, images(agreement, 2))
    assert set(answer.tensors) == {"gradient", "label"}
    assert answer.tensors["gradient"].shape == (4, 1, 16, 16)
    assert answer.values["round"] == 1


def test_the_gradient_is_that_of_the_generators_loss(tmp_path):
    """With a discriminator that does not learn it is d/dx of softplus(-D(x, label)), averaged."""
    agreement = agreed(
        **{"game.discriminator_optimiser.learning_rate": 0.0, "game.augmentation.operations": []}
    )
    hospital = a_hospital(tmp_path)
    says(hospital, join(agreement))
    label = says(hospital, Message("ask", agreement.run, 2)).tensors["label"][0]
    x = torch.randn(4, 1, 16, 16).clamp(-1, 1).requires_grad_()
    sent = Message("images", agreement.run, 3, tensors={"images": x[None]}, values={"round": 0})
    found = says(hospital, sent).tensors["gradient"]
    judge = hospital.players.game.players["discriminator"].network
    torch.nn.functional.softplus(-judge(x, label).score).mean().backward()
    assert torch.allclose(found, x.grad, atol=1e-7)
    assert float(found.abs().max()) > 1e-5


def test_a_replayed_message_is_refused(joined):
    hospital, agreement = joined
    assert says(hospital, images(agreement, 2)).kind == "gradient"
    assert "replayed" in reason(says(hospital, images(agreement, 2, round_=1)))


def test_a_late_message_is_refused(joined):
    hospital, agreement = joined
    hospital.clock = lambda: 100.0
    assert "3.0 s after its deadline" in reason(says(hospital, images(agreement, 2, deadline=97.0)))


def test_an_older_step_and_another_run_are_refused(joined):
    hospital, agreement = joined
    assert says(hospital, images(agreement, 2, step=5)).kind == "gradient"
    assert "step 5 was played" in reason(says(hospital, images(agreement, 3, 1, step=4)))
    other = agreed(**{"training.batch_size": 4, "seed": 9})
    assert "not joined" in reason(says(hospital, images(other, 4)))


def test_other_labels_are_refused_without_naming_them(tmp_path):
    hospital = a_hospital(tmp_path, cases=20)
    hospital.cohort = blobs(20, classes=3)
    line = reason(says(hospital, join(agreed())))
    assert "1 of 3 are not among class_0, class_1" in line
    assert "class_2" not in line


def test_another_window_is_refused(tmp_path):
    cohort = blobs(12)
    counts = [case.image.astype(np.int16) + 5000 for case in cohort]
    hospital = a_hospital(tmp_path)
    hospital.cohort = Cohort.from_arrays(counts, cohort.table)
    assert "other units" in reason(says(hospital, join(agreed())))


def test_few_cases_and_large_batches_are_refused(tmp_path):
    few = a_hospital(tmp_path / "a", min_cases=13)
    assert "fewer cases" in reason(says(few, join(agreed())))
    small = a_hospital(tmp_path / "b", largest_batch=3)
    assert "the policy allows 3" in reason(says(small, join(agreed())))


def test_what_goes_wrong_with_a_case_is_not_told_outside(tmp_path):
    heard = []
    cohort = blobs(12)
    broken = [case.image.astype(np.float32) for case in cohort]
    broken[3][:] = np.nan
    hospital = Hospital(
        "h0", Cohort.from_arrays(broken, cohort.table), HospitalPolicy(), tmp_path,
        say=heard.append,
    )  # fmt: skip
    assert "see its own log" in reason(says(hospital, join(agreed())))
    assert "s0_0003" in heard[0]


def test_fields_that_the_policy_keeps_back_do_not_leave(tmp_path):
    agreement = agreed()
    silent = a_hospital(tmp_path / "a", fields=("gradient", "label"))
    assert "cases" not in says(silent, join(agreement)).values
    assert "figures" not in says(silent, images(agreement, 2)).values
    closed = a_hospital(tmp_path / "b", fields=("label",))
    says(closed, join(agreement))
    assert "does not let gradient leave" in reason(says(closed, images(agreement, 2)))


def test_the_policys_number_of_answers_holds_over_a_restart(tmp_path):
    agreement = agreed()
    first = a_hospital(tmp_path, max_steps=2)
    says(first, join(agreement))
    assert says(first, images(agreement, 2)).kind == "gradient"
    says(first, Message("store", agreement.run, 3))
    again = a_hospital(tmp_path, max_steps=2)
    says(again, join(agreement, 4))
    assert says(again, images(agreement, 5)).kind == "gradient"
    assert "all of them given" in reason(says(again, images(agreement, 6, 1)))


def test_a_mask_or_image_in_an_answer_is_caught(joined):
    hospital, agreement = joined
    real = torch.from_numpy(hospital.players.local.data.columns["image"][:4].copy())
    answer = Message("gradient", agreement.run, 2, tensors={"gradient": real})
    with pytest.raises(MessageError, match="holds a real image"):
        hospital.players.local.check_leaving(answer)


def test_masks_stay_and_drawn_maps_leave(tmp_path):
    agreement = maps_to_images()
    hospital = a_hospital(tmp_path)
    says(hospital, join(agreement))
    maps = says(hospital, Message("ask", agreement.run, 2)).tensors["source"]
    assert maps.shape == (1, 4, 1, 16, 16)
    assert set(maps.unique().tolist()) == {-1.0, 1.0}
    real = torch.from_numpy(hospital.players.local.data.columns["source"])
    distance = (maps[0][:, None] != real[None]).flatten(2).sum(dim=2)
    assert int(distance.min()) > 0


def test_the_ledger_counts_every_byte(joined):
    hospital, agreement = joined
    message = images(agreement, 2).encode()
    answer = hospital.answer(message)
    totals = read_ledger(hospital.ledger.path)

    def bytes_of(direction, kind):
        return sum(size for (d, k, _), (_, size) in totals.items() if (d, k) == (direction, kind))

    assert bytes_of("to hospital", "images") == len(message)
    assert bytes_of("from hospital", "gradient") == len(answer)
    assert totals["from hospital", "gradient", "gradient"] == (1, 4 * 4 * 16 * 16)
