import pandas as pd

from cancergan.cohort import Cohort
from cancergan.cohort.curation.balance import age_band, balance, thin


def cohort(**columns):
    return Cohort.from_arrays(None, pd.DataFrame(columns))


def test_counts_by_class_and_group():
    tables = balance(
        cohort(
            label=["a", "b", "a", None],
            sex=["F", "M", "F", None],
            age=[17, 18, 49.9, 70],
            centre=["x", "x", "y", "y"],
        )
    )
    held = {table.by: table.rows for table in tables}
    assert list(held) == ["sex", "age", "centre", "sex and age"]
    assert held["sex"]["F"] == {"a": 2, "b": 0, "unlabelled": 0}
    assert held["sex"]["unknown"]["unlabelled"] == 1
    assert list(held["age"]) == ["below 18", "18 to 39", "40 to 49", "70 and above"]
    assert held["sex and age"]["M, 18 to 39"] == {"a": 0, "b": 1, "unlabelled": 0}


def test_without_labels_cases_are_counted():
    (table,) = balance(cohort(sex=["F", "F", "M"]))
    assert table.rows == {"F": {"cases": 2}, "M": {"cases": 1}}
    assert balance(cohort(other=[1])) == []


def test_many_groups_are_cut_to_twelve():
    (table,) = balance(cohort(centre=[f"c{n:02d}" for n in range(20)] + ["c07"] * 3))
    assert len(table.rows) == 12
    assert table.rows["c07"] == {"cases": 4}
    assert sum(row["cases"] for row in table.rows.values()) == 23


def test_what_is_thin_is_told():
    tables = balance(cohort(label=["a"] * 30 + ["b"] * 12, sex=["F"] * 30 + ["M"] * 9 + ["F"] * 3))
    assert thin(tables) == ["sex F only 3 b", "sex M only 0 a, 9 b"]


def test_ages_that_are_none_are_unknown():
    assert age_band(pd.Series(["34", "old", None, -1, 199])).tolist() == [
        "18 to 39", "unknown", "unknown", "unknown", "70 and above",
    ]  # fmt: skip
