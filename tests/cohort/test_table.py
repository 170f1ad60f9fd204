import pandas as pd
import pytest

from cancergan.cohort.table import as_name, classes_of, complete_table, without_paths
from cancergan.core.errors import BadInputError


def complete(columns):
    return complete_table(pd.DataFrame(columns), origin="labels.csv")


def test_ids_are_made_up_and_a_case_is_its_own_patient():
    table, known = complete({"age": [50, 60]})
    assert table["case_id"].tolist() == table["patient_id"].tolist() == ["case_00000", "case_00001"]
    assert not known


@pytest.mark.parametrize("alias", ["patient", "subject", "subject_id", "slide"])
def test_other_names_of_the_patient_are_known(alias):
    table, known = complete({alias: ["x", "x"]})
    assert table["patient_id"].tolist() == ["x", "x"]
    assert alias in table
    assert known


def test_aliases_never_replace_a_stated_column():
    table, _ = complete({"label": ["a"], "class": ["b"], "site": ["18"]})
    assert table.loc[1, ["label", "class", "centre"]].tolist() == ["a", "b", "18"]


@pytest.mark.parametrize(
    ("value", "name"),
    [(3, "3"), (3.0, "3"), (2.5, "2.5"), ("x", "x"), ("", None), (None, None), (True, "True")],
)
def test_labels_become_names(value, name):
    assert as_name(value) == name


def test_numbers_with_gaps_stay_numbers_and_labels_do_not_turn_to_fractions():
    table, _ = complete({"age": [50, None, 60], "label": [0, 1, None]})
    assert pd.api.types.is_numeric_dtype(table["age"])
    assert table["label"].iloc[:2].tolist() == ["0", "1"]
    assert pd.isna(table["label"].iloc[2])
    mixed, _ = complete({"age": pd.Series([1, None], dtype=object)})
    assert pd.api.types.is_numeric_dtype(mixed["age"])


def test_classes_are_ordered_by_number_or_by_name():
    assert classes_of(pd.DataFrame({"label": ["10", "9", None, "2"]})) == ("2", "9", "10")
    assert classes_of(pd.DataFrame({"label": ["b", "a10", "a9"]})) == ("a10", "a9", "b")
    assert classes_of(pd.DataFrame({"age": [1]})) == ()


def test_duplicate_ids_name_their_rows():
    message = r'labels.csv, rows 1, 3: case_id "a" is there 2 times \(1 such ids in all\)'
    with pytest.raises(BadInputError, match=message):
        complete({"case_id": ["a", "b", "a"]})


@pytest.mark.parametrize("column", ["case_id", "patient_id"])
def test_missing_ids_name_their_rows(column):
    with pytest.raises(BadInputError, match=f"labels.csv, row 2: {column} is missing"):
        complete({column: ["a", None, "b"]})


def test_a_table_without_rows_is_refused():
    with pytest.raises(BadInputError, match=r"labels.csv: holds no case"):
        complete({"case_id": []})


def test_the_given_table_is_left_alone():
    given = pd.DataFrame({"label": [1, 2]}, index=[7, 8])
    complete_table(given, origin="x")
    assert list(given.columns) == ["label"]
    assert list(given.index) == [7, 8]


def test_paths_are_dropped():
    assert list(without_paths(pd.DataFrame({"image": ["x"], "age": [1]}))) == ["age"]
