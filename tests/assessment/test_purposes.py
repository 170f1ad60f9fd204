import pytest

from cancergan.assessment.findings import Findings
from cancergan.assessment.purposes import headline, purposes
from tests.assessment.findings import finding


def state(use, *findings):
    return next(item.state for item in purposes(Findings(findings)) if use in item.use)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.01, 0.05, "good"),
        (-0.05, -0.01, "bad"),
        (-0.01, 0.02, "unclear"),
        (None, None, "unclear"),
    ],
)
def test_adding_is_judged_by_the_whole_interval(low, high, expected):
    gain = finding("utility", "auc_gain_of_adding", value=0.0, low=low, high=high)
    assert state("adding", gain) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-0.04, 0.02, "good"), (-0.2, -0.06, "bad"), (-0.1, 0.02, "unclear")],
)
def test_replacing_allows_a_small_loss(low, high, expected):
    loss = finding("utility", "auc_loss_of_replacing", value=0.0, low=low, high=high)
    assert state("replacing", loss) == expected


@pytest.mark.parametrize(("real", "expected"), [(0.9, "good"), (0.999, "unclear")])
def test_a_task_that_anything_solves_proves_no_replacement(real, expected):
    loss = finding("utility", "auc_loss_of_replacing", value=0.0, low=-0.001, high=0.0)
    ceiling = finding("utility", "auc_real", value=real, low=real, high=real)
    assert state("replacing", loss, ceiling) == expected


@pytest.mark.parametrize(("low", "expected"), [(0.51, "good"), (0.48, "unclear")])
def test_nothing_learnt_from_real_cases_proves_no_replacement(low, expected):
    loss = finding("utility", "auc_loss_of_replacing", value=0.04, low=-0.03, high=0.11)
    weak = finding("utility", "auc_real", value=0.6, low=low, high=0.72)
    assert state("replacing", loss, weak) == expected


@pytest.mark.parametrize(("plain", "expected"), [(0.62, "good"), (0.684, "unclear")])
def test_winning_back_what_augmentation_cost_is_no_gain(plain, expected):
    gain = finding("utility", "auc_gain_of_adding", value=0.058, low=0.004, high=0.107)
    real = finding("utility", "auc_real", value=plain, low=0.61, high=0.76)
    both = finding("utility", "auc_real_plus_synthetic", value=0.683, low=0.6, high=0.757)
    assert state("adding", gain, real, both) == expected


def test_the_population_needs_every_space_and_coverage():
    near = finding(low=0.8, high=1.2, floor=1.0)
    far = finding(space="pixels", low=8.0, high=12.0, floor=1.0)
    covered = finding("diversity", "coverage", value=0.9, low=0.85, high=0.95, floor=0.95)
    assert state("standing", near, covered) == "good"
    assert state("standing", near, far, covered) == "bad"
    assert state("standing", near) == "unmeasured"


def test_privacy_is_never_called_good_and_copies_are_bad():
    calm = finding("privacy", "data_copying_statistic", value=0.5, low=0.45, high=0.55)
    few = finding("privacy", "copy_rate", value=0.01, low=0.0, high=0.03, floor=0.01)
    many = finding("privacy", "copy_rate", value=0.2, low=0.1, high=0.3, floor=0.01)
    assert state("shown to people", calm, few) == "unclear"
    assert state("shown to people", calm, many) == "bad"


def test_nearer_than_unseen_patients_without_copies_is_not_told_as_copies():
    none = finding("privacy", "copy_rate", value=0.0, low=0.0, high=0.01, floor=0.008)
    near = finding("privacy", "data_copying_statistic", value=0.78, low=0.7, high=0.85)
    (told,) = [p for p in purposes(Findings((none, near))) if "shown to people" in p.use]
    assert told.state == "bad"
    assert "in 78 % (70 to 85 %) of pairs" in told.sentence
    assert "shine through" not in told.sentence


def test_the_headline_names_both_sides():
    gain = finding("utility", "auc_gain_of_adding", value=0.03, low=0.01, high=0.05)
    loss = finding("utility", "auc_loss_of_replacing", value=-0.2, low=-0.3, high=-0.1)
    assert headline(Findings((gain, loss))) == (
        "Good for adding to a real training set; not for replacing a real training set."
    )


def test_the_headline_says_when_nothing_is_settled():
    gain = finding("utility", "auc_gain_of_adding", value=0.0, low=-0.1, high=0.1)
    assert headline(Findings((gain,))).startswith("Undecided with this many cases: adding")


def test_a_weak_classifier_is_no_judge_of_the_condition():
    def condition(reference):
        return finding(
            "condition", "balanced_accuracy", value=0.9, low=0.85, high=0.95, floor=reference
        )

    assert state("showing", condition(0.9)) == "good"
    assert state("showing", condition(0.45)) == "unclear"


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [(0.86, 0.94, "Indistinguishable from unseen real cases"), (0.2, 1.0, "too few of those")],
)
def test_the_headline_claims_likeness_only_where_a_difference_could_have_shown(low, high, says):
    alike = [
        finding(family, name, value=0.9, low=low, high=high, floor=0.9)
        for family, name in (("fidelity", "precision"), ("diversity", "recall"))
    ]
    assert says in headline(Findings(tuple(alike)))
