import numpy as np
import pytest

from cancergan.cohort.phantoms import phantom
from cancergan.core.errors import BadInputError
from tests.cohort.phantoms.contract import COLUMNS, check_provenance, share_within

NAME = "clinical_omics"


@pytest.fixture(scope="module")
def table():
    return phantom(NAME, 1500, seed=2, batch=0.0).table


def genes(table):
    return table.filter(like="gene_")


def test_rows_are_seeded_and_do_not_hang_on_how_many_there_are():
    few, more = phantom(NAME, 3, seed=3), phantom(NAME, 6, seed=3)
    assert few.table.equals(more.table.iloc[:3])
    assert not few.table.equals(phantom(NAME, 3, seed=4).table)
    assert set(few.table) >= COLUMNS
    assert not few.has_images
    check_provenance(few, NAME, {})


def test_classes_come_in_their_share(table):
    assert share_within((table["label"] == "aggressive").sum(), 1500, 0.4)


def test_genes_correlate_within_their_module_alone(table):
    one = genes(table)[table["label"] == "indolent"].to_numpy()
    matrix = np.corrcoef(one.T)
    block = np.arange(40) // 8
    same = block[:, None] == block
    within = matrix[same & ~np.eye(40, dtype=bool)]
    assert within.mean() == pytest.approx(0.5, abs=0.05)
    assert np.abs(matrix[~same]).mean() < 0.05
    assert one.std(axis=0).mean() == pytest.approx(1.0, abs=0.03)


def test_the_named_genes_differ_by_the_effect_and_the_others_do_not(table):
    means = genes(table).groupby(table["label"]).mean()
    difference = (means.loc["aggressive"] - means.loc["indolent"]).to_numpy()
    assert difference[:8] == pytest.approx(np.ones(8), abs=0.2)
    assert np.abs(difference[8:]).max() < 0.22
    truth = phantom(NAME, 2).provenance["truth"]
    assert truth["informative"] == [f"gene_{i:03d}" for i in range(8)]


def test_survival_falls_with_stage_and_ends_after_five_years(table):
    days = table.groupby("stage")["survival_days"].mean()
    assert np.all(np.diff(days.loc[["I", "II", "III", "IV"]]) < 0)
    assert table["survival_days"].max() == 1825
    assert (table["event"][table["survival_days"] < 1825] == 1).all()
    sizes = table.groupby("stage")["tumour_mm"].median()
    assert np.all(np.diff(sizes.loc[["I", "II", "III", "IV"]]) > 0)


def test_centres_shift_genes():
    shifted = phantom(NAME, 900, batch=1.0, effect=0.0).table
    between = genes(shifted).groupby(shifted["centre"]).mean().std().mean()
    assert 0.5 < between < 1.5


def test_impossible_modules_are_refused():
    with pytest.raises(BadInputError, match="informative 50"):
        phantom(NAME, 1, informative=50)
