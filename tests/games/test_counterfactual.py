"""Games of treatment keep the contract, change their players in time, and learn known effects."""

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from cancergan import workflow
from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from cancergan.games.base import Batch, ImageShape
from cancergan.games.contract import check_game, noise_columns
from cancergan.games.counterfactual import Counterfactual, CounterfactualSettings
from cancergan.games.dose_response import DoseResponseGame, DoseResponseSettings

ONE = ImageShape(1, ())
GIVEN = {"covariates": ImageShape(5, ())}


def columns(shape, cases):
    made = noise_columns(shape, cases)
    for name in ("treatment", "observed"):
        if name in shape.given:
            kinds = shape.given[name].channels
            codes = torch.arange(cases) % max(kinds, 2)
            made[name] = (one_hot(codes, max(kinds, 2)).float() * 2 - 1)[:, :kinds]
    return {**made, "label": torch.zeros(cases, dtype=torch.long)}


@pytest.mark.parametrize("treatments", [2, 3])
@pytest.mark.parametrize("censoring", [False, True])
def test_the_counterfactual_game_keeps_the_contract(treatments, censoring):
    given = {**GIVEN, "treatment": ImageShape(treatments, ())}
    given |= {"observed": ONE} if censoring else {}
    settings = CounterfactualSettings(completing_rounds=3, censoring=censoring, width=16)
    check_game(
        lambda shape: Counterfactual.build(settings, shape),
        shapes=(ImageShape(1, (), (), given),),
        columns=columns,
    )


@pytest.mark.parametrize("treatments", [1, 3])
def test_the_game_of_doses_keeps_the_contract(treatments):
    given = {**GIVEN, "dose": ONE}
    given |= {"treatment": ImageShape(treatments, ())} if treatments > 1 else {}
    settings = DoseResponseSettings(completing_rounds=3, treatments=treatments > 1, width=16)
    check_game(
        lambda shape: DoseResponseGame.build(settings, shape),
        shapes=(ImageShape(1, (), (), given),),
        columns=columns,
    )


def game(**settings):
    given = {**GIVEN, "treatment": ImageShape(2, ())}
    built = CounterfactualSettings(completing_rounds=3, width=8, **settings)
    return Counterfactual.build(built, ImageShape(1, (), (), given))


def test_the_first_pair_plays_first_and_then_rests():
    played = game()
    resting = {turn.player: turn.rests for turn in played.turns()}
    assert [name for name, rests in resting.items() if rests] == ["estimate_judge", "estimator"]
    played.go_to(3)
    resting = {turn.player: turn.rests for turn in played.turns()}
    assert [name for name, rests in resting.items() if rests] == ["completion_judge", "completer"]


def test_the_seen_outcome_is_never_replaced():
    played = game()
    data = columns(played.shape, 6)
    outcomes, _ = played._completed(Batch(data, torch.Generator().manual_seed(0)))
    seen = outcomes[torch.arange(6), torch.arange(6) % 2]
    torch.testing.assert_close(seen, data["image"][:, 0])


def test_a_censored_outcome_is_no_error_where_more_is_estimated():
    given = {**GIVEN, "treatment": ImageShape(2, ()), "observed": ONE}
    settings = CounterfactualSettings(censoring=True, width=8)
    played = Counterfactual.build(settings, ImageShape(1, (), (), given))
    data = columns(played.shape, 4)
    data["image"] = torch.full((4, 1), -0.5)
    data["observed"] = torch.full((4, 1), -1.0)
    batch = Batch(data, torch.Generator())
    assert played._factual_error(batch, torch.full((4, 2), 0.3)).item() == 0.0
    assert played._factual_error(batch, torch.full((4, 2), -0.9)).item() == pytest.approx(0.16)


def test_one_treatment_and_several_outcomes_are_refused():
    with pytest.raises(BadInputError, match="one treatment alone has no effect"):
        Counterfactual.build(
            CounterfactualSettings(),
            ImageShape(1, (), (), {**GIVEN, "treatment": ONE}),
        )
    with pytest.raises(BadInputError, match="the outcome has 2 columns"):
        Counterfactual.build(
            CounterfactualSettings(),
            ImageShape(2, (), (), {**GIVEN, "treatment": ImageShape(2, ())}),
        )


@pytest.mark.slow
def test_a_run_asked_for_both_treatments_finds_the_average_effect(tmp_path):
    cohort = phantom("treatment_effect", 400, confounding=0.5, heterogeneity=0.0, noise=0.3)
    run = workflow.train(
        "R56", cohort, tmp_path / "run", training={"steps": 600}, game={"completing_rounds": 300}
    )

    def outcome(treatment):
        asked = cohort.with_column("treatment", [treatment] * len(cohort))
        return workflow.synthesise(run, source=asked).table["outcome"].to_numpy()

    assert np.mean(outcome(1) - outcome(0)) == pytest.approx(2.0, abs=0.5)
