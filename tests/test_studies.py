"""Studies: intervals and differences against analytic cases, what is refused, a whole run."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from cancergan import workflow
from cancergan.cli.main import app
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.recipes.loader import load_recipe
from cancergan.studies import Evidence, Method, Outcome
from cancergan.studies.bench import divided
from cancergan.studies.purification import lesion_contrast
from cancergan.studies.robustness import _share_kept
from cancergan.studies.runner import propose, reads, runnable
from tests.data import blobs

OURS, BASE = Method("ours", "what we do"), Method("base", "what others do", baseline=True)


def outcome(method: str, values: np.ndarray, direction: str = "higher", **more: object) -> Outcome:
    units = [f"p{case // 2}" for case in range(values.shape[1])]
    return Outcome(method, "dice", values, units, direction, **more)


def test_interval_of_a_mean_agrees_with_its_standard_error():
    values = numpy_generator(0, "study").normal(0.5, 0.1, (1, 400))
    values = np.repeat(values[:, ::2], 2, axis=1)  # two equal cases a patient: 200 are independent
    found = Evidence.of([OURS], [outcome("ours", values)]).figures[0].estimate
    half = 1.96 * values[0, ::2].std() / np.sqrt(200)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.value == pytest.approx(half, rel=0.15)
    assert found.value - found.low == pytest.approx(half, rel=0.15)


@pytest.mark.parametrize(
    ("gain", "direction", "verdict"),
    [(0.05, "higher", "better"), (0.05, "lower", "worse"), (-0.05, "lower", "better"),
     (0.0, "higher", "no difference shown"), (0.0, "neither", "no difference shown"),
     (0.05, "neither", "higher"), (-0.05, "neither", "lower")],
)  # fmt: skip
def test_differences_are_paired_and_judged_by_their_interval(gain, direction, verdict):
    """Patients differ by far more than methods do: only a paired interval sees the gain."""
    random = numpy_generator(1, "study")
    patients = np.repeat(random.normal(0.5, 1.0, (1, 60)), 2, axis=1)
    base = patients + random.normal(0, 0.01, (3, 120))
    ours = patients + gain + random.normal(0, 0.01, (3, 120))
    evidence = Evidence.of(
        [OURS, BASE], [outcome("ours", ours, direction), outcome("base", base, direction)]
    )
    [difference] = evidence.differences
    assert difference.estimate.value == pytest.approx(gain, abs=0.01)
    assert difference.verdict == verdict
    assert verdict in evidence.sentences()[0]


def test_a_statistic_of_all_cases_is_averaged_over_seeds_and_not_pooled():
    values = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 2.0, 2.0]])
    found = Evidence.of([OURS], [outcome("ours", values, statistic=lambda v: float(v.max()))])
    assert found.figures[0].seeds == (4.0, 2.0)
    assert found.figures[0].estimate.value == 3.0


def test_figures_of_different_cases_do_not_compare():
    with pytest.raises(BadInputError, match="different cases"):
        Evidence.of(
            [OURS, BASE], [outcome("ours", np.ones((1, 4))), outcome("base", np.ones((1, 6)))]
        )


def test_parts_share_no_patient_and_keep_a_split_column():
    cohort = blobs(60)
    parts = divided(cohort)
    names = [set(part.table["patient_id"]) for part in parts.values()]
    assert not set.intersection(*names[:2])
    assert not names[0] & names[2]
    marked = cohort.with_column("split", ["train"] * 40 + ["test"] * 20)
    parts = divided(marked)
    assert len(parts["test"]) == 20
    assert len(parts["train"]) + len(parts["validation"]) == 40
    with pytest.raises(BadInputError, match='no "test" case'):
        divided(cohort.with_column("split", ["train"] * 60))


def test_a_cohort_that_lacks_a_column_hears_which_and_what_could_run_instead():
    recipe = load_recipe("R14", {"data.source.read": "source"})
    assert "source" in reads(recipe)
    with pytest.raises(BadInputError, match="no source"):
        propose(recipe, blobs(40), range(1))


def test_recipes_are_found_by_their_id_and_their_variants_do_not_inherit_it():
    assert load_recipe("R14").name == "paired_modality_translation"
    assert load_recipe("pix2pix").id == ""
    assert "paired_modality_translation" in runnable()


def test_a_recipe_without_a_study_says_what_can_be_run():
    result = CliRunner().invoke(app, ["run", "dcgan", "--dry-run"])
    assert isinstance(result.exception, BadInputError)
    assert "paired_modality_translation" in str(result.exception)


def test_a_study_runs_on_its_example_and_goes_on_where_it_was(tmp_path):
    out = tmp_path / "study"
    small = ["--set", "training.steps=3", "--set", "example.cases=14", "--set", "example.size=48",
             "--set", "image_size=32", "--set", "game.generator.options.depth=3"]  # fmt: skip
    command = ["run", "R14", "--seeds", "1", *small]
    dry = CliRunner().invoke(app, [*command, "--dry-run"])
    assert dry.exit_code == 0, dry.exception
    assert "baseline copy of the source" in dry.stdout
    result = CliRunner().invoke(app, [*command, "--out", str(out)])
    assert result.exit_code == 0, result.exception
    evidence = json.loads((out / "evidence.json").read_text())
    assert {f["method"] for f in evidence["figures"]} == {m["name"] for m in evidence["methods"]}
    assert evidence["id"] == "R14"
    assert evidence["cases"]["test"] > 0
    assert all(f["low"] <= f["value"] <= f["high"] for f in evidence["figures"] if "low" in f)
    assert (out / "translations.png").is_file()
    weights = next((out / "runs").rglob("*.safetensors"))
    before = weights.stat().st_mtime_ns
    again = CliRunner().invoke(app, [*command, "--out", str(out)])
    assert again.exit_code == 0
    assert weights.stat().st_mtime_ns == before


def test_hardening_is_judged_on_attacked_and_adaptively_attacked_cases(tmp_path):
    out = tmp_path / "study"
    small = {"training.steps": 20, "example.cases": 60, "study.steps": 30, "study.hard_lesions": 8,
             "study.purify_steps": 2, "study.attack_steps": 2, "study.budgets": [0.06]}  # fmt: skip
    evidence = workflow.run_study("R32", None, out, seeds=1, **small)
    spaces = {(f.method, f.estimate.space) for f in evidence.figures}
    assert ("purified", "adaptive 0.031") in spaces
    assert ("attacks in training", "attacked 0.06") in spaces
    values = {(f.method, f.estimate.space): f.estimate.value for f in evidence.figures}
    assert values["classifier", "attacked 0.06"] <= values["classifier", "clean"]
    assert ("purified", "clean") in spaces
    [kept] = [f for f in evidence.figures if f.estimate.name == "lesion_contrast_kept"]
    assert kept.method == "purified"
    assert (out / "purified_clean_cases.png").is_file()
    assert (out / "accuracy_by_budget.png").is_file()


def test_contrast_of_a_lesion_is_its_mean_against_its_surroundings():
    image = np.zeros((1, 24, 24), np.float32)
    mask = np.zeros((24, 24), np.int32)
    mask[8:14, 8:14] = 1
    image[0][mask > 0] = 0.6
    image[0, :3] = 1.0  # far from the lesion: does not count
    images = np.stack([image, 0.5 * image, 0 * image, -image])
    found = lesion_contrast(images, np.stack([mask] * 4))
    np.testing.assert_allclose(found, [0.6, 0.3, 0.0, -0.6], atol=1e-6)
    assert np.isnan(lesion_contrast(images[:1], 0 * mask[None]))
    pairs = np.stack([found, 0.25 * found], axis=1)
    assert _share_kept(pairs) == pytest.approx(0.25)
    assert np.isnan(_share_kept(0 * pairs))
