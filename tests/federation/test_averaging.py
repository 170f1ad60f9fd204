"""Averaged weights: the baselines of AsynDGAN."""

from __future__ import annotations

import pytest
import torch

from cancergan import workflow
from cancergan.federation.averaging import averaged, set_weights, weights_of
from cancergan.federation.conversation import CoordinatorSettings
from cancergan.federation.hospital import Hospital
from cancergan.federation.messages import Message, MessageError
from cancergan.federation.policy import HospitalPolicy
from cancergan.federation.simulation import simulate
from cancergan.training import checkpoints
from tests.data import blobs
from tests.federation.board import a_hospital, agreed, join, says


def test_one_exchange_is_the_mean_of_what_two_hospitals_learnt_by_cases(tmp_path):
    agreement = agreed(method="average", **{"training.steps": 2})
    cohorts = {"h0": blobs(12, seed=0), "h1": blobs(8, seed=1)}
    start = weights_of(agreement.new_game())
    learnt = []
    for name, cohort in cohorts.items():
        hospital = Hospital(name, cohort, HospitalPolicy(fields=("weights",)), tmp_path / name)
        says(hospital, join(agreement))
        message = Message("average", agreement.run, 2, tensors=start, values={"rounds": 2})
        learnt.append(says(hospital, message).tensors)
    run = simulate(agreement, cohorts, tmp_path / "run", CoordinatorSettings(local_rounds=2))
    wanted = averaged(learnt, [0.6, 0.4])
    found = weights_of(run.game())
    assert all(torch.allclose(found[name], wanted[name], atol=1e-7) for name in wanted)
    assert len(workflow.synthesise(run, 3)) == 3


def test_a_federated_classifier_learns(tmp_path):
    agreement = agreed(method="classifier", **{"training.steps": 60, "training.batch_size": 8})
    cohorts = {f"h{k}": blobs(16, seed=k) for k in range(2)}
    run = simulate(agreement, cohorts, tmp_path / "run", CoordinatorSettings(local_rounds=20))
    game = agreement.new_game()
    checkpoints.load_game(run.checkpoints, game)
    test = blobs(20, seed=9)
    images = torch.stack(
        [torch.from_numpy(run.trained_on.preparation.apply(case)) for case in test]
    )
    with torch.no_grad():
        found = game.players["classifier"].network.eval()(images).argmax(dim=1)
    wanted = torch.tensor([int(name[-1]) for name in test.table["label"]])
    assert float((found == wanted).float().mean()) > 0.9


def test_weights_of_another_game_are_refused():
    game = agreed(method="average").new_game()
    weights = weights_of(game)
    name = next(iter(weights))
    with pytest.raises(MessageError, match="not in both games"):
        set_weights(game, {k: v for k, v in weights.items() if k != name})
    with pytest.raises(MessageError, match="another shape"):
        set_weights(game, {**weights, name: torch.zeros(1)})


def test_the_two_kinds_of_run_do_not_mix(tmp_path):
    split, whole = agreed(), agreed(method="average")
    hospital = a_hospital(tmp_path)
    says(hospital, join(split))
    weights = weights_of(whole.new_game())
    message = Message("average", split.run, 2, tensors=weights, values={"rounds": 1})
    assert "weights do not travel" in says(hospital, message).values["reason"]
    says(hospital, join(whole, 3))
    assert (
        "gradients do not travel" in says(hospital, Message("ask", whole.run, 4)).values["reason"]
    )
