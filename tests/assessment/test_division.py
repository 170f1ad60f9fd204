from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cancergan.assessment.division import divide
from cancergan.cohort import Cohort
from cancergan.cohort.identity import patient_fingerprints
from cancergan.core.errors import BadInputError
from cancergan.core.provenance import fingerprint
from tests.assessment.cohorts import textures
from tests.data import blobs

REAL, TRAINING, MADE = textures(24, seed=2), textures(32, seed=1), textures(20, seed=3)


def test_given_training_cases_teach_and_all_real_ones_are_the_reference():
    division = divide(real=REAL, synthetic=MADE, training=TRAINING, seed=0)
    assert (division.real, division.learning) == (REAL, TRAINING)
    assert division.generator_saw_learning


def test_a_split_column_divides_and_leaves_validation_out():
    parts = ["train"] * 10 + ["validation"] * 4 + ["test"] * 10
    division = divide(real=REAL.with_column("split", parts), synthetic=MADE, training=None, seed=0)
    assert (len(division.learning), len(division.real)) == (10, 10)
    assert set(division.real.table["split"]) == {"test"}
    assert division.generator_saw_learning


def test_otherwise_halves_of_the_patients_and_no_claim_about_training():
    paired = REAL.with_column("patient_id", [f"P{i // 2}" for i in range(len(REAL))])
    division = divide(real=paired, synthetic=MADE, training=None, seed=0)
    patients = [set(side.table["patient_id"]) for side in (division.real, division.learning)]
    assert not patients[0] & patients[1]
    assert len(division.real) + len(division.learning) == len(REAL)
    assert not division.generator_saw_learning


def first(cohort, n):
    return cohort.select(np.arange(len(cohort)) < n)


@pytest.mark.parametrize(
    ("cohorts", "says"),
    [
        ({"synthetic": first(MADE, 7)}, "synthetic cohort .* 7 cases, needs 8"),
        ({"real": first(REAL, 7)}, "real cohort .* 7 cases, needs 8"),
        ({"training": first(TRAINING, 7)}, "training cohort .* 7 cases, needs 8"),
        ({"real": first(REAL, 12), "training": None}, "12 cases, needs 16 to be halved"),
        ({"synthetic": Cohort.from_arrays(None, MADE.table)}, "synthetic cohort .* has no images"),
    ],
)
def test_too_little_is_refused_by_name(cohorts, says):
    given = {"real": REAL, "synthetic": MADE, "training": TRAINING} | cohorts
    with pytest.raises(BadInputError, match=says):
        divide(**given, seed=0)


def test_a_patient_on_both_sides_is_refused():
    shared = REAL.with_column("patient_id", ["patient_p1_003", *REAL.table["patient_id"][1:]])
    with pytest.raises(BadInputError, match=r"1 patient is in both real and training.*p1_003"):
        divide(real=shared, synthetic=MADE, training=TRAINING, seed=0)


def made_after(seen):
    """Return synthetic cases whose generator was trained on these patients."""
    images = np.stack([case.image for case in MADE])
    return Cohort.from_arrays(images, MADE.table, provenance={"training_patients": list(seen)})


def test_patients_that_the_generator_saw_are_refused_by_their_hash():
    seen = [fingerprint(patient) for patient in REAL.table["patient_id"][:2]]
    made = made_after(seen)
    with pytest.raises(BadInputError, match=r"trained on 2 of the real patients \(patient_p2_000"):
        divide(real=REAL, synthetic=made, training=TRAINING, seed=0)
    assert divide(real=textures(24, seed=9), synthetic=made, training=TRAINING, seed=0)


def unnamed(cohort, ids):
    """Return the images of a cohort as a folder without patients holds them."""
    images = np.stack([case.image for case in cohort])
    return Cohort.from_arrays(images, pd.DataFrame({"case_id": ids}))


def test_where_no_patient_is_named_images_tell_and_file_names_do_not():
    names = [f"{i:03d}" for i in range(24)]
    made = made_after(patient_fingerprints(unnamed(textures(24, seed=9), names)))
    assert divide(real=unnamed(REAL, names), synthetic=made, training=TRAINING, seed=0)
    copies = unnamed(textures(24, seed=9), [f"copy_{name}" for name in names])
    with pytest.raises(BadInputError, match=r"trained on 24 of the real patients \(copy_000, copy"):
        divide(real=copies, synthetic=made, training=TRAINING, seed=0)


def test_different_channels_are_refused():
    images = np.stack([case.image for case in MADE])
    colour = Cohort.from_arrays(images.repeat(3, axis=1), MADE.table)
    with pytest.raises(BadInputError, match="real 1 in 2D, synthetic 3 in 2D, training 1 in 2D"):
        divide(real=REAL, synthetic=colour, training=TRAINING, seed=0)


def test_real_cases_show_the_channels_that_the_generator_makes():
    real, training = (blobs(20, channels=3, seed=seed) for seed in (1, 2))
    made = blobs(16, channels=1, seed=3)
    with pytest.raises(BadInputError, match="numbers of channels differ"):
        divide(real=real, synthetic=made, training=training, seed=0)
    view = {"read": "image", "channels": [2], "where": "label == 'class_0'"}
    noted = Cohort(replace(made.contents, provenance={"view": view}))
    division = divide(real=real, synthetic=noted, training=training, seed=0)
    assert set(division.real.table["label"]) == {"class_0"}
    for part, whole in ((division.real, real), (division.learning, training)):
        wanted = [case.image[2:] for case in whole if case.attributes["label"] == "class_0"]
        assert np.array_equal([case.image for case in part], wanted)
    assert "channel 2 alone" in division.account
    again = divide(real=division.real, synthetic=noted, training=division.learning, seed=0)
    assert again.real is division.real
