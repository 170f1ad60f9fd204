"""161 publications, each once, each of one of 59 families; queries find what the tables say."""

import json
import shlex
from collections import Counter

import pytest
from typer.testing import CliRunner

from cancergan.cli.main import app
from cancergan.cli.settings import parsed_settings
from cancergan.core.errors import BadInputError
from cancergan.literature import publication, publications, select
from cancergan.literature.publications import recipes_that_run
from cancergan.literature.reproduction import reproduction, stated_settings
from cancergan.recipes.loader import load_recipe, recipe_names


def run(*words):
    result = CliRunner().invoke(app, ["literature", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_every_publication_is_there_once_and_of_one_of_59_families():
    ids = [one.id for one in publications()]
    assert len(ids) == len(set(ids)) == 161
    families = {(one.recipe, one.recipe_name) for one in publications()}
    assert {recipe for recipe, _ in families} == {f"R{number:02d}" for number in range(1, 60)}
    assert len(families) == 59


def test_the_review_prints_as_many_publications_of_each_year_but_for_two():
    years = Counter(one.year for one in publications())
    assert years == {2017: 9, 2018: 40, 2019: 37, 2020: 63, 2021: 12}


def test_a_query_gives_what_a_reader_of_the_tables_would_find():
    found = select(modality="MRI", task="segmentation", since=2019)
    assert found
    assert all("MRI" in one.modalities and one.year >= 2019 for one in found)
    assert "cirillo_2020_vox2vox" in {one.id for one in found}
    assert "han_2018_pggan_brain" not in {one.id for one in found}
    assert {one.recipe for one in select(recipe="R45")} == {"R45"}
    assert select(modality="mammography") == select(modality="MMG")
    assert len(select(modality="MRI")) == 57  # as the review prints


def test_unknown_words_are_answered_with_near_ones():
    with pytest.raises(BadInputError, match='unknown modality "mrt"'):
        select(modality="mrt")
    with pytest.raises(BadInputError, match="unknown publication"):
        publication("kazuhiro_2018")


def test_gains_are_positive_where_better():
    assert publication("cirillo_2020_vox2vox").gain == pytest.approx(0.06)  # Dice 0.87 to 0.93
    dice_error = [one for one in publications() if "error" in one.metric.lower()]
    for one in dice_error:
        if one.gain is not None:
            assert one.gain == pytest.approx(float(one.without) - float(one.with_gan))
    assert publication("rezaei_2017_adv_segmentation").gain is None  # "n.a." with


def test_the_json_list_says_of_every_row_whether_it_runs():
    rows = json.loads(run("list", "--format", "json"))
    assert len(rows) == 161
    assert {"id", "recipe", "runs"} <= set(rows[0])
    ids = {load_recipe(name).id for name in recipe_names() if load_recipe(name).study}
    for row in rows:
        assert row["runs"] == (row["recipe"] in ids)
    assert recipes_that_run() == ids - {""}


def test_every_command_that_is_printed_is_one():
    commands = 0
    for one in publications():
        found = reproduction(one)
        assert bool(found.run) == one.runs
        for command in (*found.train, *([found.run] if found.run else [])):
            words = shlex.split(command)
            assert words[0] == "cancergan"
            settings = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
            load_recipe(words[2], parsed_settings(settings, example=""))
            commands += 1
    assert commands > 100


def test_sizes_become_settings_and_the_rest_is_named():
    found = reproduction(publication("chuquicusma_2018_dcgan_nodule"))
    assert found.train == ("cancergan train dcgan --cohort COHORT --out RUN --set image_size=56",)
    assert found.left == ("per_class=benign/malignant", "readers=2")
    large = reproduction(publication("korkinof_2020_pggan_mmg"))
    assert "--set image_size=[1280,1024]" in large.train[0]


def test_every_stated_parameter_is_a_setting_a_command_or_named_as_left():
    for one in publications():
        found = reproduction(one)
        for part in filter(None, map(str.strip, one.parameters.split(";"))):
            key = part.partition("=")[0]
            assert (
                part in found.left
                or part in stated_settings().get(one.recipe, {})
                or key in ("size", "image_size")
                or found.train
            ), (one.id, part)  # fmt: skip


def test_what_is_stated_becomes_a_setting_of_the_study():
    (gates,) = [one for one in publications() if one.id == "kearney_2020_dosegan"]
    assert reproduction(gates).run.endswith("--set game.generator.options.attention=true")
    assert reproduction(gates).left == ()
    for recipe, parts in stated_settings().items():
        mine = {part.strip() for o in select(recipe=recipe) for part in o.parameters.split(";")}
        assert set(parts) <= mine, recipe


def test_show_prints_facts_gain_and_commands():
    shown = run("show", "cirillo_2020_vox2vox")
    assert "reported: Dice 0.87 without, 0.93 with; gain +0.06" in shown
    assert "family: R33" in shown
