import itertools

import numpy as np
import pandas as pd
import pytest

from cancergan.cohort import Cohort, check_disjoint
from cancergan.core.errors import BadInputError
from tests.data import blobs, shared


def two_cases(**columns):
    return Cohort.from_arrays(np.zeros((2, 1, 4, 4)), pd.DataFrame(columns) if columns else None)


def test_a_case_carries_its_row_and_its_arrays():
    cohort = blobs(4, channels=3)
    case = cohort[1]
    assert case.image.dtype == np.float32
    assert case.image.shape == (3, 16, 16)
    assert case.mask.dtype == np.int32
    assert case.attributes == {"patient_id": "S0P0000", "label": "class_0"}
    assert case.spacing == (1.0, 1.0)
    assert cohort[-1].case_id == cohort[3].case_id == "s0_0003"
    assert [one.case_id for one in cohort] == cohort.table["case_id"].tolist()
    with pytest.raises(IndexError):
        cohort[4]


def test_a_table_alone_is_a_cohort():
    cohort = Cohort.from_arrays(None, pd.DataFrame({"dose": [1.5, 2.5]}))
    assert (len(cohort), cohort.has_images) == (2, False)
    assert (cohort[1].image, cohort[1].attributes["dose"]) == (None, 2.5)


@pytest.mark.parametrize(
    ("images", "table", "message"),
    [
        (None, None, "neither images nor a table"),
        (np.zeros((0, 1, 4, 4)), None, "holds no case"),
        (np.zeros((2, 1, 4, 4)), pd.DataFrame({"age": [1]}), "2 images but 1 rows"),
    ],
)
def test_arrays_that_make_no_cohort_are_refused(images, table, message):
    with pytest.raises(BadInputError, match=message):
        Cohort.from_arrays(images, table)


def test_changing_the_table_changes_no_cohort():
    cohort = blobs(2)
    table = cohort.table
    table["label"] = "other"
    table.loc[0, "patient_id"] = "other"
    assert "other" not in cohort.table.to_numpy()


def test_the_fingerprint_sees_pixels_masks_rows_and_their_order():
    cohort = blobs(4)
    images = np.stack([case.image for case in cohort])
    masks = np.stack([case.mask for case in cohort])
    same = Cohort.from_arrays(images, cohort.table[cohort.table.columns[::-1]], masks=masks)
    assert same.fingerprint == cohort.fingerprint

    touched, moved = images.copy(), masks.copy()
    touched[0, 0, 0, 0] += 1
    moved[0, 0, 0] += 1
    others = [
        Cohort.from_arrays(touched, cohort.table, masks=masks),
        Cohort.from_arrays(images, cohort.table, masks=moved),
        Cohort.from_arrays(images, cohort.table),
        cohort.with_column("age", [1, 2, 3, 4]),
        cohort.select([True, True, True, False]),
        Cohort.from_arrays(images[::-1], cohort.table[::-1], masks=masks[::-1]),
    ]
    prints = [other.fingerprint for other in (cohort, *others)]
    assert len(set(prints)) == len(prints)


def test_the_fingerprint_does_not_see_the_data_type_or_empty_columns():
    cohort = two_cases(age=[50, 60])
    floats = two_cases(age=[50.0, 60.0]).with_column("note", [None, ""])
    assert cohort.fingerprint == floats.fingerprint


def test_selections_keep_all_classes_and_the_numbers_of_rows():
    part = blobs(6, classes=3).select("label == 'class_2'")
    assert part.classes == ("class_0", "class_1", "class_2")
    assert part.table.index.tolist() == [0, 1]
    broken = part.with_column("label", ["class_2", None])
    with pytest.raises(BadInputError, match="table, row 6: no label"):
        broken.require("label")


def test_split_gives_cohorts():
    parts = blobs(40).split({"train": 0.7, "validation": 0.1, "test": 0.2}, seed=1)
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 28, "validation": 4, "test": 8,
    }  # fmt: skip
    check_disjoint(parts)
    assert parts["train"].classes == ("class_0", "class_1")


def test_columns_are_added_to_another_cohort():
    cohort = two_cases()
    named = cohort.with_column("patient_id", ["p", "p"]).with_column("label", [1, 0])
    assert (named.unit_is_known, named.classes) == (True, ("0", "1"))
    assert (cohort.unit_is_known, cohort.classes) == (False, ())
    with pytest.raises(BadInputError, match='column "age": 3 values for 2 cases'):
        cohort.with_column("age", [1, 2, 3])


def test_concatenated_cohorts_keep_their_cases_classes_and_histories():
    real = blobs(4, seed=1)
    synthetic = Cohort.from_arrays(
        np.zeros((2, 1, 16, 16)),
        pd.DataFrame({"case_id": ["x", "y"], "label": ["class_1", "rare"]}),
        provenance={"recipe": "gan"},
    )
    both = Cohort.concatenate([real, synthetic])
    assert len(both) == 6
    assert both.classes == ("class_0", "class_1", "rare")
    assert both.provenance == {"parts": [{}, {"recipe": "gan"}]}
    assert not both.unit_is_known
    assert np.array_equal(both[1].image, real[1].image)
    assert both[1].mask is not None
    assert both[5].mask is None


def test_cohorts_that_do_not_concatenate_say_why():
    cohort = blobs(2)
    with pytest.raises(BadInputError, match='case_id "s0_0000" is there 2 times'):
        Cohort.concatenate([cohort, cohort])
    with pytest.raises(BadInputError, match="some cohorts have images and some have none"):
        Cohort.concatenate([cohort, Cohort.from_arrays(None, pd.DataFrame({"age": [1]}))])
    with pytest.raises(BadInputError, match="no cohort given"):
        Cohort.concatenate([])


def test_require_names_file_rows_and_cases():
    cohort = Cohort.from_arrays(
        np.zeros((6, 1, 4, 4)), pd.DataFrame({"label": ["a", None, "b", None, "", None]})
    )
    message = r"table, rows 2, 4, 5 and 1 more: no label \(case case_00001, case_00003, case_00004"
    with pytest.raises(BadInputError, match=message):
        cohort.require("image", "label")
    with pytest.raises(BadInputError, match="table: has no lable"):
        cohort.require("lable")
    with pytest.raises(BadInputError, match='case "case_00000" has no mask'):
        cohort.require("mask")
    with pytest.raises(BadInputError, match="has no image"):
        Cohort.from_arrays(None, pd.DataFrame({"age": [1]})).require("image")
    blobs(2).require("image", "label", "mask", "patient_id")


def named(*patients):
    table = pd.DataFrame({"patient_id": patients})
    table["case_id"] = [f"{p}_{i}" for i, p in enumerate(patients)]
    return Cohort.from_arrays(None, table)


def test_shared_patients_are_counted_and_named():
    train, test = named("P1", "P2", "P3", "P4"), named("P5", "P4", "P2")
    message = (
        r"^2 patients are in both train and test \(P2, P4\)\. "
        r"Split by patient_id, or name the unit with --by\.$"
    )
    with pytest.raises(BadInputError, match=message):
        check_disjoint({"train": train, "test": test})
    with pytest.raises(BadInputError, match=r"^1 patient is in both a and c \(P1\)"):
        check_disjoint({"a": train, "b": named("Q"), "c": named("P1")})
    with pytest.raises(BadInputError, match=r"^4 patients .*\(P1, P2, P3\)"):
        check_disjoint({"a": train, "b": train})
    check_disjoint({"a": train, "b": named("Q")})


def test_another_unit_can_be_checked():
    here, there = (named("a").with_column("centre", ["X"]), named("b").with_column("centre", ["X"]))
    check_disjoint({"here": here, "there": there})
    with pytest.raises(BadInputError, match=r"1 value of centre is in both here and there \(X\)"):
        check_disjoint({"here": here, "there": there}, by="centre")


def test_equal_file_names_alone_are_no_shared_patient():
    first = Cohort.from_arrays(np.zeros((2, 1, 4, 4)))
    second = Cohort.from_arrays(np.ones((2, 1, 4, 4)))
    check_disjoint({"train": first, "test": second})
    leaked = Cohort.from_arrays(np.stack([np.ones((1, 4, 4)), np.zeros((1, 4, 4))]))
    with pytest.raises(BadInputError, match=r"1 patient is in both train and test \(case_00001\)"):
        check_disjoint({"train": first, "test": leaked})


def test_names_beyond_ascii_work(tmp_path):
    folder = tmp_path / "Brüste ü/良性"
    folder.mkdir(parents=True)
    np.save(folder / "Zoë (1).npy", np.zeros((1, 4, 4), np.uint8))
    cohort = Cohort.open(tmp_path / "Brüste ü")
    cohort.save(tmp_path / "päckchen")
    again = Cohort.open(tmp_path / "päckchen")
    assert again.table["case_id"].tolist() == ["Zoë (1)"]
    assert again.classes == ("良性",)


@pytest.mark.parametrize(
    ("name", "cases", "classes", "known"),
    [
        ("busi", 623, ("benign", "malignant", "normal"), False),
        ("isic_uda1", 557, ("benign", "malignant"), False),
        ("monuseg", 60, (), True),
    ],
)
def test_real_tables_open_with_all_their_columns(name, cases, classes, known):
    path = shared(name) / "labels.csv"
    cohort = Cohort.open(path)
    assert (len(cohort), cohort.classes, cohort.unit_is_known) == (cases, classes, known)
    assert set(pd.read_csv(path).columns) <= set(cohort.table.columns)
    assert Cohort.open(path.parent).table.equals(cohort.table)
    for case in itertools.islice(cohort, 3):
        assert case.image.shape[0] == (1 if name == "busi" else 3)
        assert case.image.max() > 50
        assert (case.mask is None) == (name == "isic_uda1")


def test_real_slides_are_never_cut():
    parts = Cohort.open(shared("monuseg")).split({"train": 0.6, "test": 0.4})
    check_disjoint(parts, by="slide")
