"""A gate gives nothing away, keeps its truth, and fails closed."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from cancergan.assessment.gatekeeper import Gatekeeper
from cancergan.core.errors import BadInputError
from tests.data import blobs


@pytest.fixture
def gate(tmp_path):
    return Gatekeeper.build(
        tmp_path / "gate", blobs(60), positive=["class_1"], required=0.8,
        shifts=["acquisition:0.3:noise"],
    )  # fmt: skip


def answers(gate, quality, seed=0):
    """Answers whose log odds are ``quality`` x (truth - 1/2) plus normal noise."""
    truth = gate.truth.drop_duplicates("case_id").set_index("case_id")["positive"]
    noise = np.random.default_rng(seed).normal(size=len(truth))
    odds = quality * (truth.to_numpy() - 0.5) + noise
    return pd.DataFrame({"case_id": truth.index, "probability": 1 / (1 + np.exp(-odds))})


def values(gate, given):
    """The AUC of each suite; by scikit-learn, and without the intervals of ``scores``."""
    answered = gate.truth.merge(given, on="case_id")
    return [
        roc_auc_score(rows["positive"], rows["probability"])
        for _, rows in answered.groupby("suite")
    ]


def calibrated(gate, n=30):
    """Models of many qualities; the real score is the simulated one less 0.05 and some noise."""
    random = np.random.default_rng(1)
    given = {f"m{at}": answers(gate, 4 * at / n, seed=at) for at in range(n)}
    real = {
        name: float(np.clip(min(values(gate, one)) - 0.05 + random.normal(0, 0.01), 0, 1))
        for name, one in given.items()
    }
    gate.calibrate(given, real)


def test_what_is_handed_out_tells_nothing(gate):
    cases = gate.cases
    assert set(cases.table.columns) == {"case_id", "patient_id", "image"}
    assert not cases.unit_is_known
    assert not cases.has_masks
    positive = gate.truth.drop_duplicates("case_id").sort_values("case_id")["positive"]
    # Random order: neighbours agree about as often as chance has it, not always as in blobs.
    agree = (positive.to_numpy()[1:] == positive.to_numpy()[:-1]).mean()
    assert 0.35 < agree < 0.65
    handed = "".join(p.read_text("latin-1") for p in (gate.path / "cases").glob("*.json"))
    assert "class_1" not in handed


def test_a_perfect_model_scores_one_and_a_guessing_one_a_half(gate):
    assert all(score.value == 1.0 for score in gate.scores(answers(gate, 100)).values())
    guesses = answers(gate, 0).assign(probability=0.5)
    assert all(score.value == 0.5 for score in gate.scores(guesses).values())


def test_what_calibration_records_is_what_the_scores_say(gate):
    given = answers(gate, 2)
    gate.calibrate({"m": given}, {"m": 0.8})
    worst = min(score.value for score in gate.scores(given).values())
    assert gate.calibration().simulated == pytest.approx([worst], abs=1e-12)
    assert min(values(gate, given)) == pytest.approx(worst, abs=1e-12)


def test_nobody_enters_before_calibration(gate):
    answer = gate.check(answers(gate, 100))
    assert not answer.admitted
    assert "0 models with known real scores: too few" in str(answer)


def test_after_it_good_models_enter_and_bad_ones_do_not(gate):
    calibrated(gate)
    again = Gatekeeper.open(gate.path)
    assert again.check(answers(gate, 100)).admitted
    assert not again.check(answers(gate, 0.3, seed=99)).admitted


def test_answers_that_are_none_are_refused(gate):
    given = answers(gate, 1)
    for broken, says in (
        (given.iloc[1:], "has no answer"),
        (pd.concat([given, given.iloc[:1]]), "answered twice"),
        (given.assign(case_id="x"), "answered twice"),
        (given.rename(columns={"probability": "p"}), 'no column "probability"'),
        (given.assign(probability=np.nan), r"must lie in \[0, 1\]"),
        (given.assign(probability=3.0), r"must lie in \[0, 1\]"),
        (given.assign(probability="high"), "is high"),
    ):
        with pytest.raises(BadInputError, match=says):
            gate.scores(broken)


def test_changed_truth_and_a_foreign_calibration_are_refused(gate, tmp_path):
    calibrated(gate, 10)
    other = Gatekeeper.build(
        tmp_path / "other", blobs(60, seed=5), positive=["class_0"], required=0.8, shifts=()
    )
    (other.path / "keep/calibration.json").write_bytes(
        (gate.path / "keep/calibration.json").read_bytes()
    )
    with pytest.raises(BadInputError, match="of another gate"):
        other.check(answers(other, 9))
    truth = gate.path / "keep/truth.csv"
    truth.write_text(truth.read_text().replace(",1\n", ",0\n", 1))
    with pytest.raises(BadInputError, match="was changed"):
        Gatekeeper.open(gate.path)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"required": 0.2}, "0.5 to 1"), ({"alpha": 1.0}, "alpha"), ({"aggregate": "best"}, "best")],
)
def test_bounds_that_are_none_are_refused(tmp_path, settings, says):
    with pytest.raises(BadInputError, match=says):
        Gatekeeper.build(
            tmp_path / "gate", blobs(40), **{"positive": ["class_1"], "required": 0.8, **settings}
        )
    assert not (tmp_path / "gate").exists()
