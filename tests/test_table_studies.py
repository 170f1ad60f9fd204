"""Studies of tables look at overlap first, know what is true, and refuse what has no answer."""

import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from cancergan.recipes.loader import load_recipe
from cancergan.studies.network_biomarkers import page_rank
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


MOLECULES = {
    "training.steps": 20,
    "example": {"cases": 200, "bits": 32},
    "study": {"made": 40},
    "game.latent_size": 4,
}


def test_made_fingerprints_are_looked_up_in_a_library(tmp_path):
    evidence = studied("R55", MOLECULES, tmp_path)
    assert {f.estimate.name for f in evidence.figures} == {
        "hit_rate", "keeps_rules", "new", "found",
    }  # fmt: skip
    assert value(evidence, "training actives again", "new") == 0
    assert value(evidence, "training actives again", "keeps_rules") == 1
    assert value(evidence, "any training compound", "keeps_rules") == 1
    # Bits drawn apart know of no rule between two of them.
    assert value(evidence, "bits drawn apart", "keeps_rules") < 0.8
    names = ("training actives again", "any training compound")
    hits = [value(evidence, name, "hit_rate") for name in names]
    assert hits[0] > hits[1]


def test_a_library_without_actives_or_bits_is_refused(tmp_path):
    with pytest.raises(BadInputError, match='no column is called "key_'):
        studied("R55", {**MOLECULES, "study": {"bits": "key_*"}}, tmp_path / "a")
    with pytest.raises(BadInputError, match='compounds are "potent"'):
        studied("R55", {**MOLECULES, "study": {"sought": "potent"}}, tmp_path / "b")


def test_page_rank_of_a_star_and_of_no_edges():
    star = np.zeros((4, 4))
    star[0, 1:] = star[1:, 0] = 1
    # With damping d: r0 = (1-d)/4 + d (r1 + r2 + r3), r1 = (1-d)/4 + d r0 / 3, all sum to 1.
    damping = 0.5
    middle = ((1 - damping) / 4 + damping * 3 * (1 - damping) / 4) / (1 - damping**2)
    ranks = page_rank(star, np.ones(4), damping=damping)
    assert ranks[0] == pytest.approx(middle, abs=1e-5)
    assert ranks.sum() == pytest.approx(1)
    assert page_rank(np.zeros((3, 3)), [1, 2, 1], damping=0.85) == pytest.approx([0.25, 0.5, 0.25])


def test_genes_are_chosen_in_every_way_and_counted_where_they_are_known(tmp_path):
    settings = {
        "training.steps": 20,
        "example": {"cases": 160, "genes": 24, "effect": 1.5},
        "study": {"made": 100},
    }
    evidence = studied("R53", settings, tmp_path)
    assert value(evidence, "genes one by one", "auc") > 0.75
    single = next(note for note in evidence.notes if note.startswith("genes one by one"))
    assert "1.00 of all taken are among the 8 that matter" in single
    assert len(evidence.notes) == 4


def test_an_outcome_of_three_kinds_and_too_few_genes_are_refused(tmp_path):
    cohort = phantom("clinical_omics", 60, genes=12)
    three = cohort.with_column("label", ["a", "b", "c"] * 20)
    with pytest.raises(BadInputError, match="label has 3 values"):
        studied("R53", {}, tmp_path / "a", cohort=three)
    with pytest.raises(BadInputError, match=r'12 columns are called "gene_\*"'):
        studied("R53", {"study": {"top": 12}}, tmp_path / "b", cohort=cohort)
    assert not (tmp_path / "a" / "runs").exists()
