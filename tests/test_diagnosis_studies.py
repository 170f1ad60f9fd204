"""Each recipe of detection, monitoring and profiling runs, small, on phantoms."""

import numpy as np
import pytest

from cancergan import workflow
from cancergan.cohort import Cohort
from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError

FEW = {"training.steps": 2, "training.batch_size": 2, "image_size": 16}
NARROW = {
    "game.generator.options.width": 4,
    "game.discriminator.options.width": 4,
}
STUDIES = {
    "R45": (
        {"example.cases": 60, "example.size": 48, "game.generator_rounds": 1,
         "study.search_steps": 2, **NARROW, **FEW},
        {"auc", "average_precision", "pixel_auc", "pixel_average_precision", "dice"},
    ),
    "R07": (
        {"example.cases": 24, "example.size": 24, **NARROW, **FEW, "image_size": None},
        {"psnr", "ssim", "nmse", "texture_distance"},
    ),
    "R12": (
        {"example.cases": 80, "example.size": 64, **NARROW, **FEW, "image_size": None},
        {"auc", "pixel_auc"},
    ),
    "R46": (
        {"example.cases": 60, "example.size": 48, **NARROW, **FEW},
        {"auc", "average_precision", "pixel_auc", "pixel_average_precision", "dice"},
    ),
    "R11": (
        {"example.cases": 60, "example.size": 48, **NARROW, **FEW},
        {"auc", "average_precision", "pixel_auc", "pixel_average_precision", "dice"},
    ),
    "R51": (
        {"example.cases": 60, "example.size": 48, **NARROW, **FEW},
        {"auc", "average_precision", "pixel_auc", "pixel_average_precision", "dice"},
    ),
    "R47": (
        {"example.cases": 40, "example.size": 48, "study.labelled": [8],
         "game.classifier.options.width": 4, **NARROW, **FEW},
        {"auc"},
    ),
    "R49": (
        {"example.cases": 40, "example.size": 48, **NARROW, **FEW},
        {"precision_at_5", "balanced_accuracy"},
    ),
    "R50": (
        {"example.cases": 40, "example.size": 48, **NARROW, **FEW},
        {"precision_at_5", "balanced_accuracy"},
    ),
    "R59": (
        {"example.cases": 36, "example.size": 24, **NARROW, **FEW, "image_size": None},
        {"dice", "relative_volume_error"},
    ),
}  # fmt: skip


QUICK = ("R49", "R50", "R51")


@pytest.mark.parametrize(
    "recipe",
    [r if r in QUICK else pytest.param(r, marks=pytest.mark.slow) for r in STUDIES],
)
def test_the_study_runs_and_every_method_has_its_figures(recipe, tmp_path):
    settings, figures = STUDIES[recipe]
    out = tmp_path / "out"
    evidence = workflow.run_study(recipe, None, out, seeds=1, say=lambda line: None, **settings)
    assert {figure.estimate.name for figure in evidence.figures} == figures
    assert {figure.method for figure in evidence.figures} == {m.name for m in evidence.methods}
    assert all(np.isfinite(figure.estimate.value) for figure in evidence.figures)
    assert (out / "index.html").is_file()


def test_a_cohort_of_one_kind_cannot_test_anomalies(tmp_path):
    healthy = phantom("breast_ultrasound", 24, size=48, normal=1.0, prevalence=0.0)
    settings, _ = STUDIES["R45"]
    kept = {key: value for key, value in settings.items() if not key.startswith("example")}
    with pytest.raises(BadInputError, match="all 6 cases are normal"):
        workflow.run_study("R45", healthy, tmp_path / "out", seeds=1, **kept)


def test_visits_out_of_order_are_refused_before_anything_is_trained(tmp_path):
    cohort = phantom("tumour_growth", 24, size=24, dimensions=3, visits=3)
    turned = Cohort.concatenate([cohort.select(np.arange(24) == row) for row in range(23, -1, -1)])
    with pytest.raises(BadInputError, match="out of order"):
        workflow.run_study("R59", turned, tmp_path / "out", seeds=1)
    assert not (tmp_path / "out" / "runs").exists()
