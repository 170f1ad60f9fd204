"""Tables become arrays and tables again, and say in one line what they cannot read."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.cohort import Cohort
from cancergan.cohort.attributes import (
    Attribute,
    channel_names,
    decoded,
    encoded,
    measured_attributes,
    window_of,
)
from cancergan.cohort.columns import plan_columns
from cancergan.cohort.prepared import prepare
from cancergan.cohort.views import View
from cancergan.core.errors import BadInputError

TABLE = pd.DataFrame(
    {
        "case_id": ["a", "b", "c", "d"],
        "label": ["x", "y", "x", "y"],
        "age": [40, 50, 60, 80],
        "marker": [0.5, 1.5, 2.5, -0.5],
        "stage": ["I", "II", "I", "IV"],
        "smokes": [True, False, False, True],
    }
)


def measured(table=TABLE, wanted=(), may_miss=False):
    return measured_attributes(table, wanted, may_miss=may_miss, origin="t.csv")


def test_kinds_are_found_and_who_a_case_is_is_no_measurement():
    kinds = {one.name: one.kind for one in measured()}
    assert kinds == {"age": "whole", "marker": "number", "stage": "category", "smokes": "category"}
    assert channel_names(measured()) == (
        "age", "marker", "stage=I", "stage=II", "stage=IV", "smokes=False", "smokes=True",
    )  # fmt: skip


def test_a_table_is_an_image_without_axes_in_the_range_of_networks():
    cohort = Cohort.from_arrays(None, TABLE)
    columns = plan_columns(cohort, {"image": View(read="table")}, image_size=64, fit="crop")
    column = columns["image"]
    rows = prepare(column.of(cohort), column.preparation).images
    assert rows.shape == (4, 7)
    assert column.preparation.spatial == ()
    np.testing.assert_allclose(rows[:, 0], [-1, -0.5, 0, 1])  # ages 40 to 80
    np.testing.assert_allclose(rows[1, 2:5], [-1, 1, -1])  # stage II of I, II, IV
    back = decoded(column.preparation.invert(rows), column.view.attributes)
    pd.testing.assert_frame_equal(back, TABLE[["age", "marker", "stage", "smokes"]])


def test_what_is_recorded_rebuilds_the_column():
    cohort = Cohort.from_arrays(None, TABLE)
    column = plan_columns(cohort, {"image": View(read="table")}, image_size=None, fit="pad")[
        "image"
    ]
    again = type(column).from_json(column.to_json())
    assert again == column


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(-1000, 1000), st.sampled_from("abc")),
             min_size=2, max_size=20)
)  # fmt: skip
def test_any_table_comes_back(rows):
    table = pd.DataFrame(rows, columns=["number", "whole", "text"])
    attributes = measured(table)
    window = window_of(attributes)
    seen = np.stack([window.to_network(row) for row in encoded(table, attributes, origin="t")])
    back = decoded(np.stack([window.to_physical(row) for row in seen]), attributes)
    assert back["whole"].tolist() == table["whole"].tolist()
    assert back["text"].tolist() == table["text"].tolist()
    scale = float(np.ptp(table["number"])) + 1.0
    np.testing.assert_allclose(back["number"], table["number"], atol=3e-7 * scale + 1e-6 * 1e6)


def test_gaps_are_refused_or_have_a_channel():
    table = TABLE.assign(marker=[0.5, np.nan, 2.5, -0.5], stage=["I", None, "I", "IV"])
    with pytest.raises(BadInputError, match=r"t\.csv, row 2: no marker.*missing: indicate"):
        measured(table)
    attributes = measured(table, may_miss=True)
    rows = encoded(table, attributes, origin="t.csv")
    names = channel_names(attributes)
    assert rows[1, names.index("marker missing")] == 1
    assert rows[1, names.index("marker")] == 1.0  # the middle of -0.5 to 2.5
    back = decoded(rows, attributes)
    assert back["marker"].isna().tolist() == [False, True, False, False]
    assert back["stage"].tolist()[0] == "I"
    assert back["stage"].isna().tolist() == [False, True, False, False]


def test_stated_bounds_are_kept_and_values_beyond_are_clipped():
    stated = Attribute(name="age", low=50.0, high=70.0)
    attributes = measured(wanted=(stated,))
    window = window_of(attributes)
    rows = window.to_network(encoded(TABLE, attributes, origin="t").T)
    np.testing.assert_allclose(rows[0], [-1, -1, 0, 1])


def test_a_number_may_be_read_as_a_category_and_comes_back_as_a_number():
    table = TABLE.assign(treatment=[0, 1, 1, 0])
    attributes = measured(table, (Attribute(name="treatment", kind="category"),))
    assert attributes[0].categories == ("0", "1")
    assert decoded(encoded(table, attributes, origin="t"), attributes)["treatment"].tolist() == [
        0, 1, 1, 0,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "wanted", "words"),
    [
        (TABLE[["case_id", "label"]], (), "no columns to read"),
        (TABLE, (Attribute(name="agee"),), 'unknown column "agee"'),
        (TABLE, (Attribute(name="stage", kind="number"),), "column stage is not of numbers"),
        (
            pd.DataFrame({"note": [f"text {i}" for i in range(40)]}),
            (),
            "column note holds 40 different texts",
        ),
        (TABLE.assign(marker=np.inf), (), "column marker holds infinity"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(table, wanted, words):
    with pytest.raises(BadInputError, match=words) as caught:
        measured(table, wanted)
    assert "\n" not in str(caught.value)


def test_a_category_that_training_did_not_have_is_refused():
    attributes = measured()
    with pytest.raises(BadInputError, match='unknown value of stage "III"'):
        encoded(TABLE.assign(stage="III"), attributes, origin="t.csv")


def test_columns_are_named_by_pattern_in_the_order_of_the_table():
    table = pd.DataFrame({"gene_2": [1.0, 2.0], "gene_1": [0.0, 1.0], "age": [3, 4]})
    found = measured(table, (Attribute(name="gene_*"), Attribute(name="age")))
    assert [one.name for one in found] == ["gene_2", "gene_1", "age"]
    with pytest.raises(BadInputError, match='unknown column "mirna_\\*"'):
        measured(table, (Attribute(name="mirna_*"),))
