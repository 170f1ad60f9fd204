"""Figures against the truth: exact where they can be worked out, by patient, by region."""

import numpy as np
import pandas as pd
import pytest

from cancergan.assessment.truth import differences, findings, measure
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError

random = np.random.default_rng(0)


def truth(n=12, patients=6):
    images = random.uniform(0, 100, (n, 1, 16, 16)).astype(np.float32)
    images[0, 0, 0, :2] = 0, 100  # the range of the cohort
    masks = np.zeros((n, 16, 16), np.uint8)
    masks[1:, 4:10, 4:10] = 1
    names = [f"c{i}" for i in range(n)]
    table = pd.DataFrame({"case_id": names, "patient_id": [f"p{i % patients}" for i in range(n)]})
    return Cohort.from_arrays(images, table, masks=masks)


def made(cohort, change, order=slice(None)):
    images = np.stack([change(case.image) for case in cohort])[order]
    table = pd.DataFrame({"source_case_id": cohort.table["case_id"].to_numpy()[order]})
    return Cohort.from_arrays(images, table)


def by_name(estimates):
    return {(e.note, e.name, e.space): e for e in estimates}


def test_a_constant_error_is_told_exactly():
    cohort = truth()
    measured = measure(cohort, made(cohort, lambda image: image + 10))
    found = by_name(findings({"shifted": measured}))
    assert found["shifted", "mae", "whole image"].value == pytest.approx(10, rel=1e-5)
    assert found["shifted", "psnr", "whole image"].value == pytest.approx(20, abs=1e-3)
    assert found["shifted", "mae", "inside mask"].value == pytest.approx(10, rel=1e-5)


def test_what_is_inside_counts_only_where_there_is_something():
    cohort = truth()

    def spoil(image):
        spoilt = image.copy()
        spoilt[:, 4:10, 4:10] += 10
        return spoilt

    found = by_name(findings({"x": measure(cohort, made(cohort, spoil))}))
    assert found["x", "mae", "inside mask"].value == pytest.approx(10, rel=1e-5)
    assert found["x", "mae", "inside mask"].n_real == 11
    assert found["x", "mae", "whole image"].value == pytest.approx(10 * 36 / 256, rel=1e-5)


def test_cases_are_matched_by_name_not_by_place():
    cohort = truth()
    shuffled = made(cohort, lambda image: image, order=random.permutation(12))
    found = by_name(findings({"x": measure(cohort, shuffled)}))
    assert found["x", "nmse", "whole image"].value == 0
    assert found["x", "ssim", "whole image"].value == pytest.approx(1)


def test_an_empty_truth_has_no_relative_error_and_a_perfect_image_no_infinite_one():
    images = np.zeros((4, 1, 16, 16), np.float32)
    images[1:, 0, 3, 3] = 50
    cohort = Cohort.from_arrays(images, pd.DataFrame({"case_id": list("abcd")}))
    found = by_name(findings({"x": measure(cohort, made(cohort, lambda image: image))}))
    assert found["x", "nmse", "whole image"].n_real == 3
    assert found["x", "psnr", "whole image"].value == 100


def test_differences_are_paired():
    """Two methods that differ by exactly 1 everywhere: the interval has no width."""
    cohort = truth()
    noise = random.uniform(5, 20, 12)
    counter = iter(range(24))

    def noisy(extra):
        return lambda image: image + noise[next(counter) % 12] + extra

    methods = {"one": measure(cohort, made(cohort, noisy(0))),
               "two": measure(cohort, made(cohort, noisy(1)))}  # fmt: skip
    change = by_name(differences(methods, "one"))["two - one", "mae", "whole image"]
    assert (change.value, change.low, change.high) == pytest.approx((1, 1, 1), abs=1e-4)
    plain = by_name(findings(methods))["one", "mae", "whole image"]
    assert plain.high - plain.low > 2


def test_what_does_not_match_is_named():
    cohort = truth()
    strange = Cohort.from_arrays(np.zeros((1, 1, 16, 16)), pd.DataFrame({"case_id": ["strange"]}))
    with pytest.raises(BadInputError, match='of "strange", of which there is no truth'):
        measure(cohort, strange)
    with pytest.raises(BadInputError, match=r"shape \(1, 16, 16\), the made one \(1, 8, 8\)"):
        measure(cohort, made(cohort, lambda image: image[:, ::2, ::2]))
