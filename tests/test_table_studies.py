"""Studies of tables look at overlap first, know what is true, and refuse what has no answer."""

import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from cancergan.recipes.loader import load_recipe
from cancergan.studies.runner import propose, run

SHORT = {
    "training.steps": 30,
    "training.batch_size": 32,
    "game.completing_rounds": 15,
    "game.width": 16,
}


def studied(recipe, settings, tmp_path, cohort=None, seeds=(0,)):
    proposal = propose(load_recipe(recipe, settings), cohort, seeds)
    return run(proposal, tmp_path / "study", say=lambda line: None)


def value(evidence, method, figure):
    (found,) = (f for f in evidence.figures if (f.method, f.estimate.name) == (method, figure))
    return found.estimate.value


@pytest.fixture(scope="module")
def effects(tmp_path_factory):
    settings = {**SHORT, "study": {"forest": False, "draws": 2}, "example": {"cases": 300}}
    folder = tmp_path_factory.mktemp("effects")
    return studied("R56", settings, folder, seeds=(0, 1)), folder / "study"


def test_trivial_predictors_have_the_errors_that_the_truth_gives(effects):
    evidence, _ = effects
    cohort = propose(load_recipe("R56", {"example": {"cases": 300}}), None, (0,)).parts["test"]
    effect = cohort.table["effect"].to_numpy()
    assert value(evidence, "no effect", "root_pehe") == pytest.approx(np.sqrt((effect**2).mean()))
    assert value(evidence, "no effect", "average_effect_error") == pytest.approx(abs(effect.mean()))
    expected = cohort.table["outcome_0"].mean()
    assert value(evidence, "no effect", "policy_value") == pytest.approx(expected)
    assert value(evidence, "ridge by arm", "root_pehe") < value(evidence, "no effect", "root_pehe")


def test_overlap_stands_on_the_page_and_nobody_is_promised_an_effect(effects):
    evidence, folder = effects
    assert evidence.notes[0].startswith("Overlap among the training patients: ")
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "no estimate here says what a treatment would do for one person" in page
    assert {"overlap.png", "effects.png"} <= {path.name for path in folder.glob("*.png")}


def test_without_true_outcomes_effects_are_told_and_not_judged(tmp_path):
    cohort = phantom("treatment_effect", 200)
    table = cohort.table.drop(columns=["outcome_0", "outcome_1", "effect"])
    bare = type(cohort).from_arrays(None, table)
    settings = {**SHORT, "study": {"forest": False, "draws": 2}}
    evidence = studied("R56", settings, tmp_path, cohort=bare)
    assert {f.estimate.name for f in evidence.figures} == {"factual_rmse", "average_effect"}
    assert evidence.notes[0].startswith("No true outcomes under both treatments")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (lambda t: t.assign(treatment=(t["x0"] > 0).astype(int)), "no overlap"),
        (lambda t: t.assign(treatment=1), "treatment has 1 values"),
        (lambda t: t.assign(outcome=t["outcome"].where(t.index != 3)), "no outcome"),
    ],
)
def test_questions_without_an_answer_are_refused_before_training(tmp_path, changed, words):
    cohort = phantom("treatment_effect", 300)
    spoilt = type(cohort).from_arrays(None, changed(cohort.table))
    with pytest.raises(BadInputError, match=words):
        studied("R56", {**SHORT, "study": {"forest": False}}, tmp_path, cohort=spoilt)
    assert not (tmp_path / "study" / "runs").exists()


def test_a_treatment_is_never_among_the_covariates():
    recipe = load_recipe("R56")
    cohort = phantom("treatment_effect", 50)
    from cancergan.cohort.views import resolved

    names = {one.name for one in resolved(cohort, recipe.data["covariates"]).attributes}
    assert names == {"sex", "age", "centre", "scanner", *(f"x{i}" for i in range(6))}


def test_dose_response_is_compared_with_no_effect_and_ridge(tmp_path):
    evidence = studied("dose_response", {**SHORT, "example": {"cases": 300}}, tmp_path)
    ridge, none = (
        value(evidence, name, "dose_regret")
        for name in ("ridge with the dose", "no effect of the dose")
    )
    assert ridge < none  # whoever sees no effect picks the first dose, none at all
    assert (tmp_path / "study" / "curves.png").exists()


def test_rows_for_a_classifier_are_compared_at_equal_steps(tmp_path):
    settings = {
        "training.steps": 20,
        "study": {"cases": 60, "steps": 40},
        "example": {"cases": 200, "genes": 10},
    }
    evidence = studied("R52", settings, tmp_path)
    assert {f.method for f in evidence.figures} == {
        "real plus synthetic",
        "synthetic alone",
        "real",
        "real, values borrowed",
        "logistic regression",
    }
    assert all(0 <= f.estimate.value <= 1 for f in evidence.figures)
    assert value(evidence, "logistic regression", "auc") > 0.6
    few = {**settings, "study": {"cases": 3}}
    with pytest.raises(BadInputError, match=r"study\.cases is 3"):
        studied("R52", few, tmp_path / "few")


def test_a_second_layer_of_omics_is_compared_with_ridge_and_the_mean_patient(tmp_path):
    settings = {"training.steps": 40, "example": {"cases": 160, "genes": 8, "mirnas": 5}}
    evidence = studied("R54", settings, tmp_path)
    assert value(evidence, "mean patient", "nmse") == pytest.approx(1.0, abs=0.25)
    # Each gene is a sum of microRNAs and noise: a straight line is the truth.
    assert value(evidence, "ridge regression", "nmse") < 0.7
    assert value(evidence, "source itself", "auc") > 0.6
