"""The guides keep up with the code: they name what there is, and their examples load."""

import inspect
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
import yaml

from cancergan.assessment import vocabulary
from cancergan.assessment.gatekeeper import EDGE_CASES
from cancergan.assessment.policy import BOUNDS, Policy
from cancergan.cli.settings import parsed_settings
from cancergan.cohort.curation import steps
from cancergan.cohort.curation.window_presets import presets
from cancergan.cohort.formats import SUFFIXES
from cancergan.cohort.phantoms.base import phantoms
from cancergan.cohort.shifts import KINDS, acquisitions, manifestations, outlines
from cancergan.cohort.table import ALIASES, ARRAY_COLUMNS
from cancergan.cohort.views import View
from cancergan.cohort.writers import FORMATS
from cancergan.federation.agreement import Method
from cancergan.federation.conversation import CoordinatorSettings
from cancergan.federation.policy import HospitalPolicy, Leaving, SelectiveSettings
from cancergan.games.noise_to_image import Conditioning
from cancergan.losses.adversarial import adversarial_losses
from cancergan.losses.penalties import penalties
from cancergan.losses.similarity import similarities
from cancergan.networks.augmentation import augmentations
from cancergan.networks.discriminators import discriminators
from cancergan.networks.generators import generators
from cancergan.networks.translators import translators
from cancergan.reader_study.designs import designs
from cancergan.reader_study.power import power_lines
from cancergan.reader_study.settings import StudySettings
from cancergan.recipes.catalogue import (
    FAMILY_TITLES,
    TITLES,
    architectures,
    entries,
    families,
    markdown,
)
from cancergan.recipes.loader import load_recipe
from cancergan.recipes.schema import TrainingSettings

DOCS = Path(__file__).parents[1] / "docs"
RECIPE_GUIDES = ("recipes", "translation", "privacy")
METRICS = Path(vocabulary.__file__).with_name("metrics.yaml")


def guide(name):
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def fenced(name, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", guide(name), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("name", "things"),
    [
        ("recipes", adversarial_losses),
        ("recipes", penalties),
        ("recipes", augmentations),
        ("recipes", generators),
        ("recipes", discriminators),
        ("recipes", get_args(Conditioning)),
        ("translation", translators),
        ("translation", similarities),
        ("translation", View.model_fields),
        ("translation", ARRAY_COLUMNS),
        ("recipes", [f"training.{key}" for key in TrainingSettings.model_fields]),
        ("cohorts", FORMATS),
        ("cohorts", [name for names in ALIASES.values() for name in names]),
        ("curation", steps),
        ("curation", presets),
        ("shifts", KINDS),
        ("shifts", [*acquisitions, *manifestations, *outlines]),
        ("reports", BOUNDS),
        ("gatekeeper", EDGE_CASES),
        ("reports", vocabulary.SPACES),
        ("federation", HospitalPolicy.model_fields),
        ("federation", SelectiveSettings.model_fields),
        ("federation", CoordinatorSettings.model_fields),
        ("federation", get_args(Leaving)),
        ("federation", get_args(Method)),
        ("reader_study", designs),
    ],
)
def test_a_guide_names_everything_there_is(name, things):
    assert [thing for thing in things if f"`{thing}`" not in guide(name)] == []


def test_the_examples_of_the_guide_to_federation_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (example,) = fenced("federation", "python")
    exec(example, {})
    assert "from hospital  gradient" in capsys.readouterr().out
    (policy,) = fenced("federation", "yaml")
    assert HospitalPolicy.model_validate(yaml.safe_load(policy)).min_cases == 50


def test_the_examples_of_the_guide_to_shifts_run():
    names: dict[str, object] = {}
    for example in fenced("shifts", "python"):
        exec(example, names)
    assert names["report"].shifted == ("acquisition",)
    assert names["younger"].table["age"].mean() < names["cohort"].table["age"].mean()


def test_the_example_of_the_guide_to_monitoring_runs():
    exec(fenced("challenges/monitoring", "python")[0], {})


def test_the_example_of_a_gatekeeper_runs(capsys):
    exec(fenced("gatekeeper", "python")[-1], {})
    assert capsys.readouterr().out.startswith("admitted")


def test_the_example_of_a_dose_runs(capsys):
    exec(fenced("translation", "python")[0], {})
    coverage, error, passed = map(float, capsys.readouterr().out.split())
    assert coverage == pytest.approx(1.0)
    assert error == pytest.approx(1.0)
    assert passed == 1.0


def test_the_recipes_have_a_section_each_and_show_their_own_file():
    text = "".join(guide(name) for name in RECIPE_GUIDES)
    shown = re.findall(r'^--8<-- "src/cancergan/recipes/(\w+)\.yaml"$', text, re.MULTILINE)
    assert sorted(shown) == architectures()
    assert all(f"\n### {name}\n" in text for name in architectures())


def test_every_family_that_can_be_run_has_a_section_with_its_figures():
    """A heading such as "### R14 paired_modality_translation" in a page of docs/challenges."""
    text = "".join(page.read_text(encoding="utf-8") for page in DOCS.glob("challenges/*.md"))
    for identity, name, *_ in families():
        assert f"\n### {identity} {name}\n" in text


def test_the_table_of_families_is_what_can_be_run():
    """``cancergan recipes list --families > docs/tables/families.md`` brings it up to date."""
    kept = (DOCS / "tables" / "families.md").read_text(encoding="utf-8")
    assert kept.splitlines() == markdown(FAMILY_TITLES, families()).splitlines()


def test_the_living_table_is_what_the_games_say():
    """``cancergan recipes list --table > docs/tables/recipes.md`` brings it up to date."""
    kept = (DOCS / "tables" / "recipes.md").read_text(encoding="utf-8")
    assert (
        kept.splitlines() == markdown(TITLES, [entry.cells() for entry in entries()]).splitlines()
    )


def test_every_metric_is_explained():
    names = yaml.safe_load(METRICS.read_text(encoding="utf-8"))
    assert [name for name in names if f"`{name}" not in guide("reports")] == []


def test_every_image_suffix_is_told():
    told = guide("cohorts").lower()
    spelt = {".jpg": "jpeg", ".tif": "tiff"}
    assert [s for s in SUFFIXES if spelt.get(s, s.removeprefix(".")) not in told] == []


def examples_of_settings():
    """Return the recipe and the settings of every command that is shown."""
    blocks = [block for name in RECIPE_GUIDES for block in fenced(name, "text")]
    words = [shlex.split(line) for block in blocks for line in block.splitlines()]
    # What a phantom is made with are no settings of a recipe.
    shown = [line for line in words if "--set" in line and line[1] != "phantoms"]
    return [
        (line[2] if line[1] == "train" else "cgan", [v for f, v in pairwise(line) if f == "--set"])
        for line in shown
    ]


@pytest.mark.parametrize(("recipe", "assignments"), examples_of_settings())
def test_every_example_of_a_setting_loads(recipe, assignments):
    settings = parsed_settings(assignments, example="a=b")
    values = load_recipe(recipe, settings).model_dump()
    for key, value in settings.items():
        held = values
        for part in key.split("."):
            held = held[part]
        assert list(held) == list(value) if isinstance(value, list) else held == value


def examples_of_phantoms():
    """Return the phantom and the settings of every command of any guide that makes one."""
    lines = [line for page in DOCS.rglob("*.md") for line in page.read_text("utf-8").splitlines()]
    made = [shlex.split(line) for line in lines if line.startswith("cancergan phantoms make ")]
    return [(line[3], [v for f, v in pairwise(line) if f == "--set"]) for line in made]


@pytest.mark.parametrize(("name", "assignments"), examples_of_phantoms())
def test_every_phantom_that_is_shown_takes_its_settings(name, assignments):
    taken = inspect.signature(phantoms[name]).parameters
    assert set(parsed_settings(assignments, example="a=b")) <= set(taken)


def test_the_example_of_an_own_recipe_loads(tmp_path):
    own = next(block for block in fenced("recipes", "yaml") if block.startswith("extends: cgan"))
    (tmp_path / "own.yaml").write_text(own)
    recipe = load_recipe(tmp_path / "own.yaml")
    assert (recipe.name, recipe.image_size, recipe.game["loss"]) == ("own", 128, "hinge")


def test_the_example_of_a_policy_loads(tmp_path):
    (tmp_path / "policy.yaml").write_text(
        next(block for block in fenced("reports", "yaml") if "rules:" in block)
    )
    assert Policy.open(tmp_path / "policy.yaml").rules[0].at_most_times_floor == 20


def test_the_policy_of_the_guide_to_reader_studies_opens(tmp_path):
    (example,) = fenced("reader_study", "yaml")
    (tmp_path / "policy.yaml").write_text(example, encoding="utf-8")
    assert Policy.open(tmp_path / "policy.yaml").rules[0].name == "reader_accuracy_equivalence"


def test_the_power_that_the_guide_to_reader_studies_shows_is_what_is_printed():
    printed = power_lines(StudySettings(readers=5), 40)
    shown = fenced("reader_study", "text")[0].splitlines()
    assert [line for line in shown if line not in printed] == []
