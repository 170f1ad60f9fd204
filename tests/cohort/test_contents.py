import numpy as np
import pandas as pd
import pytest

from cancergan.cohort.contents import contents_of
from cancergan.core.errors import BadInputError

TABLE = pd.DataFrame({"case_id": ["x", "y", "z"], "label": ["b", None, "a"]})


def test_rows_keep_their_numbers_and_the_classes_of_all():
    part = contents_of(TABLE, origin="t").rows(np.array([2, 0]))
    assert part.case_ids == ["z", "x"]
    assert part.table.index.tolist() == [3, 1]
    assert part.classes == ("a", "b")


def test_classes_may_be_stated_but_must_hold_every_label():
    assert contents_of(TABLE, origin="t", classes=["b", "a", "rare"]).classes == ("b", "a", "rare")
    with pytest.raises(BadInputError, match='label "b" is not among the classes'):
        contents_of(TABLE, origin="t", classes=["a"])


def test_a_table_has_no_pixels():
    with pytest.raises(BadInputError, match="t: is a table without images"):
        contents_of(TABLE, origin="t").pixels(0)
