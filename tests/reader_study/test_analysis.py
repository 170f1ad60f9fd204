"""The analysis of simulated readers, whose ability is known."""

import json

import numpy as np
import pandas as pd
import pytest

from cancergan.core.errors import BadInputError
from cancergan.metrics import auc
from cancergan.reader_study.analysis import analyse, estimates_of
from cancergan.reader_study.analysis.page import headline
from cancergan.reader_study.analysis.readings import first_readings
from tests.reader_study.rooms import small_study
from tests.reader_study.simulated import read_all


@pytest.fixture(scope="module")
def able(tmp_path_factory):
    study = small_study(tmp_path_factory.mktemp("able"), n=120, readers=4, repeats=0.3)
    read_all(study, d_prime=1.5, informed_d_prime=2.5, case_spread=0.4)
    return analyse(study)


def test_accuracy_and_auc_of_a_reader_are_what_the_table_says(able):
    rows = first_readings(able.table)
    own = rows[rows["name"] == "Reader 2"]
    assert able.find("accuracy", "Reader 2").value == pytest.approx(own["correct"].mean())
    expected = auc(own["truth"].to_numpy(), own["score"].to_numpy() / 7)
    assert able.find("auc", "Reader 2").value == pytest.approx(expected)


def test_pooled_figures_lie_about_the_truth_of_the_simulation(able):
    found = able.find("d_prime")
    assert found.low < 1.5 < found.high
    from scipy.stats import norm

    assert able.find("auc").low < norm.cdf(1.5 / np.sqrt(2)) < able.find("auc").high
    assert able.find("accuracy").p < 0.001


def test_the_interval_over_readers_and_cases_is_no_narrower_than_that_of_independent_readings(able):
    pooled, naive = able.find("accuracy"), able.find("accuracy_of_readings")
    assert pooled.value == pytest.approx(naive.value)
    assert pooled.high - pooled.low > naive.high - naive.low


def test_disclosure_gain_is_seen(able):
    gain = able.find("d_prime_gain_of_disclosure", phase="both")
    assert gain.low < 1.0 < gain.high
    assert gain.low > 0


def test_repeats_measure_agreement_within_readers_and_are_not_counted_twice(able):
    blind = able.table[able.table["phase"] == "blind"]
    assert (blind["repeat"].sum() / 4) == round(0.3 * blind["item"].nunique())
    assert len(first_readings(able.table)) == 4 * blind["item"].nunique()
    assert -0.2 < able.find("kappa_within_readers").value <= 1
    between = able.find("kappa_between_readers")
    assert between.low < between.value < between.high


def test_everything_is_written_and_found_again(able, tmp_path):
    folder = able.save(tmp_path / "out")
    content = json.loads((folder / "analysis.json").read_text())
    assert content["readings"] == len(able.table)
    assert len(pd.read_csv(folder / "readings.csv")) == len(able.table)
    page = (folder / "analysis.html").read_text()
    assert "Readers tell synthetic from real images" in page
    assert page.count("<figure>") > 4
    found, made_of = estimates_of(folder)
    assert found == able.estimates
    assert made_of["synthetic"]["cases"] == 120


def test_the_file_for_imrmc_holds_truth_and_all_first_readings(able, tmp_path):
    lines = (able.save(tmp_path / "out") / "study.imrmc").read_text().splitlines()
    head = dict(line.split(": ") for line in lines[1:5])
    start = lines.index("BEGIN DATA:") + 1
    data = pd.DataFrame(
        [line.split(",") for line in lines[start:]], columns=["reader", "case", "modality", "score"]
    )
    truth = data[data["reader"] == "-1"]
    assert (truth["score"] == "1").sum() == int(head["N1"])
    assert (truth["score"] == "0").sum() == int(head["N0"])
    readings = data[data["reader"] != "-1"]
    assert len(readings) == int(head["NR"]) * int(head["NM"]) * len(truth)
    first = readings[(readings["reader"] == "1") & (readings["modality"] == "blind")]
    joined = first.merge(truth, on="case", suffixes=("", "_truth"))
    area = auc(joined["score_truth"].astype(int), joined["score"].astype(float) / 7)
    assert area == pytest.approx(able.find("auc", "Reader 1").value)


def test_readers_at_chance_in_a_large_study_are_shown_to_be_at_chance(tmp_path):
    study = small_study(tmp_path, n=260, readers=4, repeats=0.0, informed=False, training=0)
    read_all(study, d_prime=0.0, seed=3)
    found = analyse(study)
    assert found.find("accuracy_equivalence").p < 0.05
    assert "at chance within 0.1" in headline(found)


def test_readers_at_chance_in_a_small_study_are_undecided(tmp_path):
    study = small_study(tmp_path, n=24, readers=2, repeats=0.0, informed=False, training=0)
    read_all(study, d_prime=0.0)
    found = analyse(study)
    assert found.find("accuracy_equivalence").p > 0.05
    assert "Undecided" in headline(found)


def test_pairs_have_accuracy_and_d_prime_and_no_roc(tmp_path):
    study = small_study(tmp_path, n=160, readers=3, design="2afc", informed=False, repeats=0.0)
    read_all(study, d_prime=1.5)
    found = analyse(study)
    assert found.find("auc") is None
    assert found.find("d_prime").low < 1.5 < found.find("d_prime").high
    assert "study.imrmc" in [path.name for path in found.save(tmp_path / "out").iterdir()]


def test_marks_are_judged_by_the_mask_of_the_edit(tmp_path):
    study = small_study(tmp_path, n=80, readers=3, design="find-the-edit", informed=False)
    read_all(study, d_prime=2.0)
    found = analyse(study)
    rows = first_readings(found.table)
    edited = rows[rows["truth"] == 1]
    sure = edited["rating"] == 6
    assert edited.loc[sure, "found"].all()
    assert not edited.loc[~sure, "found"].any()  # the corner is far from every blob
    assert found.find("edits_found").value == pytest.approx(sure.mean())


def test_opinions_are_compared_by_means_and_by_proportional_odds(tmp_path):
    study = small_study(tmp_path, n=120, readers=3, design="mos", informed=False)
    read_all(study, d_prime=-1.0)
    found = analyse(study)
    assert found.find("opinion_difference").high < 0
    assert found.find("opinion_log_odds").high < 0
    assert "score -" in headline(found)


def test_a_reader_who_did_not_finish_is_named_and_left_out_of_the_pooled_figures(tmp_path):
    study = small_study(tmp_path, n=60, readers=3, informed=False, training=0)
    read_all(study, d_prime=1.0, readers=(1, 2))
    found = analyse(study)
    assert found.find("accuracy", "Reader 3") is None
    assert found.find("accuracy").n == 2 * 30 * 2
    assert not any("Reader 3" in caution for caution in found.cautions)  # never began


def test_a_study_that_is_read_is_not_analysed(tmp_path):
    with pytest.raises(BadInputError, match="still being read"):
        analyse(small_study(tmp_path))
    study = small_study(tmp_path / "other")
    study.lock()
    with pytest.raises(BadInputError, match="no answers"):
        analyse(study)
    with pytest.raises(BadInputError, match=r"analysis\.json: not found"):
        estimates_of(tmp_path)
