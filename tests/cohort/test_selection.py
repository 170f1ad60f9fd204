import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort
from cancergan.cohort.selection import chosen_rows
from cancergan.core.errors import BadInputError

TABLE = pd.DataFrame({"label": ["a", "b", "a"], "age": [30, 50, 70]})


def chosen(query):
    return chosen_rows(TABLE, query, origin="labels.csv").tolist()


def test_queries_and_masks_pick_rows():
    assert chosen("age > 40 and label == 'a'") == [2]
    assert chosen("label in ['a', 'x']") == [0, 2]
    assert chosen([False, True, True]) == [1, 2]
    assert chosen(np.array([True, False, False])) == [0]
    assert chosen(TABLE["age"] < 60) == [0, 1]


def test_an_unknown_column_is_named_with_the_nearest():
    with pytest.raises(BadInputError, match='unknown column "lable"; did you mean "label"'):
        chosen("lable == 'a'")


@pytest.mark.parametrize("query", ["age >", "age + 1", "label > 3", [True], [1, 0, 1]])
def test_what_is_no_query_is_refused(query):
    with pytest.raises(BadInputError, match="select:"):
        chosen(query)


def test_no_case_left_is_refused():
    with pytest.raises(BadInputError, match=r"labels.csv: no case where age > 99"):
        chosen("age > 99")


def test_a_query_sees_nothing_of_the_program():
    with pytest.raises(BadInputError):
        chosen("@pd.options.display.width > 0")


def test_one_modality_is_chosen_and_the_others_are_accounted_for():
    table = pd.DataFrame({"modality": ["CT", "MR", "CT", "PT"]})
    cohort = Cohort.from_arrays(np.zeros((4, 1, 2, 2)), table)
    chosen = cohort.of_modality("CT")
    assert chosen.table["case_id"].tolist() == ["case_00000", "case_00002"]
    assert chosen.account.left_out == (
        ("1 cases of MR", "--modality CT"),
        ("1 cases of PT", "--modality CT"),
    )
    assert len(chosen.of_modality()) == 2
    with pytest.raises(BadInputError, match=r"CT \(2 cases\), MR \(1 cases\), PT \(1 cases\)"):
        cohort.of_modality()
    with pytest.raises(BadInputError, match='no case of modality "US"'):
        cohort.of_modality("US")


def test_a_cohort_without_modalities_passes_and_has_none_to_choose():
    cohort = Cohort.from_arrays(np.zeros((2, 1, 2, 2)))
    assert len(cohort.of_modality()) == 2
    with pytest.raises(BadInputError, match="There is none"):
        cohort.of_modality("CT")


def test_a_query_may_ask_for_the_size_of_lesions():
    masks = np.zeros((3, 4, 4), np.uint8)
    masks[1, :2, :3] = 2
    cohort = Cohort.from_arrays(np.zeros((3, 1, 4, 4), np.uint8), masks=masks)
    assert cohort.matches("lesion_pixels == 6").tolist() == [False, True, False]
    assert len(cohort.select("lesion_pixels == 0")) == 2
    assert not cohort.matches("lesion_pixels > 6").any()
    own = cohort.with_column("lesion_pixels", [9, 9, 9])
    assert own.matches("lesion_pixels == 9").all()
