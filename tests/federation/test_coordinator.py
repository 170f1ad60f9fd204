"""A run goes on when a hospital stalls, dies or sends garbage, and else repeats exactly."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from cancergan import workflow
from cancergan.core.errors import BadInputError
from cancergan.federation.conversation import CoordinatorSettings, TooFewSitesError
from cancergan.federation.coordinator import coordinate
from cancergan.federation.messages import Message
from cancergan.federation.simulation import divided, simulate
from cancergan.federation.transport import Answer, InProcess
from cancergan.training import checkpoints
from cancergan.training.run import Run
from tests.data import blobs
from tests.federation.board import a_hospital, agreed, maps_to_images


def hospitals(folder, number=3):
    return {f"h{k}": a_hospital(folder / f"h{k}", seed=k) for k in range(number)}


def weights(run):
    return checkpoints.load_game(run.checkpoints, run.game())


def equal(one, two):
    return all(torch.equal(value, two[name]) for name, value in one.items())


class Lines:
    """A progress that remembers what it was told."""

    def __init__(self):
        self.said = []

    def update(self, fraction, figures):
        pass

    def say(self, sentence):
        self.said.append(sentence)


def play(folder, agreement, answers, settings=None, **more):
    lines = Lines()
    run = coordinate(
        agreement, InProcess(answers), folder / "run", settings, progress=lines, **more
    )
    return run, lines.said


def test_the_run_is_a_run_like_any_other(tmp_path):
    run = simulate(agreed(), {f"h{k}": blobs(12, seed=k) for k in range(2)}, tmp_path / "run")
    opened = Run.open(run.path)
    assert (opened.step, opened.trained_on.sites, opened.trained_on.cases) == (4, ("h0", "h1"), 24)
    assert opened.trained_on.patients == ()
    made = workflow.synthesise(run.path, 5, condition="balanced")
    assert made.provenance["training_sites"] == ["h0", "h1"]
    assert sorted(set(made.table["label"])) == ["class_0", "class_1"]
    record = json.loads((run.path / "federation.json").read_text())
    assert record["sites"]["h0"]["cases"] == 12
    assert "S0P0000" not in (run.path / "cohort.json").read_text()


def test_the_same_seed_gives_the_same_generator(tmp_path):
    cohorts = {f"h{k}": blobs(12, seed=k) for k in range(2)}
    one = weights(simulate(agreed(), cohorts, tmp_path / "one"))
    assert equal(one, weights(simulate(agreed(), cohorts, tmp_path / "two")))
    other = weights(simulate(agreed(seed=1), cohorts, tmp_path / "three"))
    assert not equal(one, other)


def test_two_hospitals_are_the_mean_of_their_gradients_by_cases(tmp_path):
    """One step on 12 and 4 cases equals plain gradient descent on 3/4 and 1/4 of the losses."""
    agreement = agreed(
        **{
            "training.steps": 1,
            "game.generator_optimiser.name": "rmsprop",
            "game.generator_optimiser.learning_rate": 1e-3,
        }
    )
    sent = {}

    def listening(hospital):
        def answer(data):
            back = hospital.answer(data)
            message = Message.decode(back, "from hospital")
            if message.kind == "gradient":
                sent[hospital.site] = message.tensors["gradient"]
            return back

        return answer

    big = a_hospital(tmp_path / "h0", seed=0, cases=12)
    small = a_hospital(tmp_path / "h1", seed=1, cases=4, min_cases=4)
    answers = {"h0": listening(big), "h1": listening(small)}
    from cancergan.federation.central import Central
    from cancergan.federation.coordinator import begin

    central = Central(agreement, begin(agreement, tmp_path / "by_hand", resume=False))
    conditions = {}
    for site, hospital in (("h0", big), ("h1", small)):
        hospital.answer(
            Message(
                "join", agreement.run, 1, values={"agreement": agreement.to_json(), "clock": 0.0}
            ).encode()
        )
        conditions[site] = hospital.players.condition()
    run, _ = play(tmp_path, agreement, answers)
    network = central.game.players["generator"].network
    loss = torch.zeros(())
    for site, share in (("h0", 0.75), ("h1", 0.25)):
        made = central.make(site, conditions[site], 1).made
        loss = loss + share * (made * sent[site]).sum()
    optimiser = torch.optim.RMSprop(network.parameters(), lr=1e-3)
    loss.backward()
    optimiser.step()
    after = weights(run)
    for name, value in network.named_parameters():
        assert torch.allclose(value, after[f"generator/network/{name}"], atol=1e-7), name


def test_a_run_that_was_stopped_goes_on_as_if_nothing_had_happened(tmp_path):
    whole, _ = play(
        tmp_path / "whole", agreed(),
        {n: h.answer for n, h in hospitals(tmp_path / "a").items()},
    )  # fmt: skip
    half = agreed(**{"training.steps": 2})
    play(tmp_path / "cut", half, {n: h.answer for n, h in hospitals(tmp_path / "b").items()})
    again, _ = play(
        tmp_path / "cut", agreed(),
        {n: h.answer for n, h in hospitals(tmp_path / "b").items()}, resume=True,
    )  # fmt: skip
    assert equal(weights(whole), weights(again))


def test_it_resumes_without_a_hospital_and_with_a_new_one(tmp_path):
    half = agreed(**{"training.steps": 2})
    play(tmp_path, half, {n: h.answer for n, h in hospitals(tmp_path / "a").items()})
    left = hospitals(tmp_path / "a")
    del left["h1"]
    left["h7"] = a_hospital(tmp_path / "h7", seed=7)
    run, said = play(tmp_path, agreed(), {n: h.answer for n, h in left.items()}, resume=True)
    assert run.step == 4
    assert run.trained_on.sites == ("h0", "h1", "h2", "h7")
    assert said[0] == "h7: has no state of step 2; it starts anew."


def test_another_run_is_not_resumed(tmp_path):
    answers = {n: h.answer for n, h in hospitals(tmp_path / "a").items()}
    play(tmp_path, agreed(), answers)
    with pytest.raises(BadInputError, match="is another run"):
        play(tmp_path, agreed(seed=3), answers, resume=True)


def spoiled(hospital, kind, change):
    """Return a hospital whose answers of one kind are changed on the way."""

    def answer(data):
        back = hospital.answer(data)
        message = Message.decode(back, "from hospital")
        return change(message, back) if message.kind == kind else back

    return answer


def with_gradient(message, gradient):
    tensors = {**message.tensors, "gradient": gradient}
    return Message(
        message.kind, message.run, message.sequence, message.step, 0.0, tensors, message.values
    ).encode()


SPOILS = {
    "garbage": (lambda m, _: b"\x80\x04}q\x00.", "cannot be read"),
    "nan": (lambda m, _: with_gradient(m, m.tensors["gradient"] * np.nan), "are not finite"),
    "large": (lambda m, _: with_gradient(m, m.tensors["gradient"] + 1e6), "has norm"),
    "shape": (lambda m, _: with_gradient(m, m.tensors["gradient"][:2]), "has shape"),
    "replay": (
        lambda m, b: Message(
            m.kind, m.run, m.sequence - 1, m.step, 0.0, m.tensors, m.values
        ).encode(),
        "was asked",
    ),
}


@pytest.mark.parametrize("mode", ["synchronous", "asynchronous"])
@pytest.mark.parametrize("spoil", sorted(SPOILS))
def test_a_hospital_that_sends_rubbish_is_dropped_and_the_run_ends_well(tmp_path, mode, spoil):
    change, line = SPOILS[spoil]
    three = hospitals(tmp_path)
    answers = {name: hospital.answer for name, hospital in three.items()}
    answers["h1"] = spoiled(three["h1"], "gradient", change)
    settings = CoordinatorSettings(mode=mode, failures=2)
    run, said = play(tmp_path, agreed(**{"training.steps": 6}), answers, settings)
    assert run.step == 6
    assert line in said[0]
    assert said[0].startswith("h1: ")
    assert "h1: dropped after 2 failures in a row." in said
    assert all(bool(torch.isfinite(value).all()) for value in weights(run).values())
    record = json.loads((run.path / "federation.json").read_text())
    assert record["sites"]["h1"]["dropped"]
    assert not record["sites"]["h0"]["dropped"]


def test_one_failure_is_forgiven(tmp_path):
    """An answer that was lost on the way: both ends find each other's round again."""
    three = hospitals(tmp_path)
    lost = iter([True])
    answers = {name: hospital.answer for name, hospital in three.items()}
    answers["h1"] = spoiled(
        three["h1"], "gradient", lambda m, back: b"" if next(lost, False) else back
    )
    run, said = play(tmp_path, agreed(), answers)
    assert len(said) == 1
    record = json.loads((run.path / "federation.json").read_text())
    assert (record["sites"]["h1"]["failures"], record["sites"]["h1"]["dropped"]) == (1, "")


class Silent(InProcess):
    """One site stops answering after a while: the transport reports that time ran out."""

    def __init__(self, answers, site, after):
        super().__init__(answers)
        self.site, self.left = site, after

    def receive(self):
        answer = super().receive()
        if answer.site != self.site:
            return answer
        self.left -= 1
        return answer if self.left >= 0 else Answer(self.site, failure="timed out after 60 s")


def test_a_hospital_that_stalls_is_dropped_and_too_few_stop_the_run(tmp_path):
    answers = {n: h.answer for n, h in hospitals(tmp_path, 2).items()}
    settings = CoordinatorSettings(failures=2, min_sites=2)
    agreement = agreed(**{"training.steps": 8})
    with pytest.raises(TooFewSitesError, match=r"h1: timed out after 60 s"):
        coordinate(
            agreement, Silent(answers, "h1", 8), tmp_path / "run", settings, progress=Lines()
        )
    again = {n: h.answer for n, h in hospitals(tmp_path, 2).items()}
    run, _ = play(tmp_path, agreement, again, settings, resume=True)
    assert run.step == 8


def test_stale_gradients_count_less_and_very_stale_ones_not_at_all(tmp_path):
    answers = {n: h.answer for n, h in hospitals(tmp_path).items()}
    transport = InProcess(answers, delays={"h2": 6})
    settings = CoordinatorSettings(mode="asynchronous", max_staleness=2)
    agreement = agreed(**{"training.steps": 24, "training.checkpoint_every": 24})
    run = coordinate(agreement, transport, tmp_path / "run", settings, progress=Lines())
    record = json.loads((run.path / "federation.json").read_text())
    assert record["stale_gradients_dropped"] >= 1
    assert run.step == 24


def test_label_maps_are_translated_between_sites(tmp_path):
    cohorts = {f"h{k}": blobs(12, seed=k) for k in range(2)}
    run = simulate(maps_to_images(), cohorts, tmp_path / "run")
    made = workflow.synthesise(run.path, source=blobs(3, seed=9))
    assert len(made) == 3


@pytest.mark.parametrize(
    ("recipe", "settings", "line"),
    [
        ("pix2pix", {"data.source.read": "mask"}, "compares with real images"),
        ("spade", {}, "compares with real images"),
        ("cgan", {"game.loss": "relativistic_average", "game.augmentation.probability": 0.5},
         "compares with real images"),
        ("cgan", {"game.encoder.name": "convolutional"}, "encoder lives neither"),
        ("cgan", {"training.weights_from": "runs/other"}, "begins with random weights"),
    ],
)  # fmt: skip
def test_players_that_cannot_live_apart_are_refused(recipe, settings, line):
    with pytest.raises(BadInputError, match=line):
        agreed(recipe, **settings)


def test_a_patient_at_two_hospitals_is_refused():
    cohort = blobs(8)
    table = cohort.table.assign(centre=["a", "b"] * 4)
    torn = type(cohort).from_arrays([case.image for case in cohort], table)
    with pytest.raises(BadInputError, match="patient S0P0000 is at 2 hospitals"):
        divided(torn, "centre")
