import numpy as np
import pytest

from cancergan.assessment.report import Report
from cancergan.assessment.utility_study import StudySettings, study, table
from cancergan.assessment.vocabulary import term
from cancergan.core.errors import BadInputError
from tests.assessment.cohorts import textures
from tests.data import blobs

QUICK = {"steps": 30, "seeds": 1, "replicates": 50}
REAL, TRAINING, MADE = (textures(40, seed=seed) for seed in (2, 1, 3))


@pytest.fixture(scope="module")
def report():
    settings = StudySettings(**QUICK, ratios=(0.5, 1), sizes=(0.25, 1))
    return study(real=REAL, training=TRAINING, synthetic=MADE, settings=settings)


def test_every_arm_and_gain_is_a_finding_with_an_interval_and_words(report):
    names = [finding.name for finding in report.findings]
    assert names == [
        "auc_real", "auc_real_augmented", "auc_synthetic", "auc_real_plus_synthetic",
        "auc_pretrained", "auc_gain_of_adding", "auc_gain_of_pretraining", "auc_loss_of_replacing",
    ]  # fmt: skip
    assert all(finding.low <= finding.value <= finding.high for finding in report.findings)
    assert all(term(name).plain for name in names)
    gain = report.find("utility", "auc_gain_of_adding")
    both, baseline = (
        report.find("utility", f"auc_{name}").value
        for name in ("real_plus_synthetic", "real_augmented")
    )
    assert gain.value == pytest.approx(both - baseline)


def test_the_curves_run_along_ratios_and_sizes(report):
    ratios, sizes = report.curves
    assert [p.x for p in ratios.lines["real + synthetic"]] == [0.5, 1]
    assert ratios.level == report.find("utility", "auc_real_augmented").value
    assert [p.x for p in sizes.lines["real, augmented"]] == [10, 40]
    # All real patients are the baseline itself.
    assert sizes.lines["real, augmented"][1].y == ratios.level


def test_the_table_has_a_baseline_and_gains(report):
    lines = table(report).splitlines()
    assert len(lines) == 7
    assert "(baseline)" in lines[3]
    assert lines[3].endswith("|  |")
    assert "to" in lines[5].split("|")[3]


def test_it_is_saved_and_read_as_any_report(report, tmp_path):
    report.save(tmp_path)
    assert Report.open(tmp_path) == report
    page = (tmp_path / "report.html").read_text()
    assert page.count('class="curve"') == 2
    assert "area under the ROC curve" in page


@pytest.mark.parametrize(("task", "score"), [("segmentation", "dice"), ("detection", "cpm")])
def test_masks_are_learnt_where_the_task_asks_for_them(task, score):
    settings = StudySettings(task=task, **QUICK)
    sides = [blobs(24, seed=seed) for seed in (2, 1, 3)]
    found = study(real=sides[0], training=sides[1], synthetic=sides[2], settings=settings)
    assert found.find("utility", f"{score}_real").value > 0.5
    assert found.find("utility", f"{score}_gain_of_adding").low is not None
    assert term(f"{score}_real").title.endswith("real")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"task": "regression"}, 'unknown task "regression"'),
        ({"steps": 0}, "steps is 0"),
        ({"ratios": (3,)}, "ratio 3 asks for 120 synthetic cases of 40"),
        ({"task": "segmentation"}, "mask"),
    ],
)
def test_what_cannot_be_studied_is_refused(change, says):
    with pytest.raises(BadInputError, match=says):
        study(
            real=REAL, training=TRAINING, synthetic=MADE, settings=StudySettings(**QUICK | change)
        )


def test_overlapping_patients_and_one_class_are_refused():
    with pytest.raises(BadInputError, match="in both real and training"):
        study(real=TRAINING, training=TRAINING, synthetic=MADE, settings=StudySettings(**QUICK))
    bare = TRAINING.with_column("label", np.repeat("dark", 40))
    dark = [cohort.with_column("label", np.repeat("dark", 40)) for cohort in (REAL, MADE)]
    with pytest.raises(BadInputError, match="two classes"):
        study(real=dark[0], training=bare, synthetic=dark[1], settings=StudySettings(**QUICK))
