"""Estimates judge by their bad end and compare only in one space."""

import math

import pytest

from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate, difference


def estimate(**changes):
    fields = {"family": "fidelity", "name": "frechet_distance", "space": "encoder", "value": 2.0,
              "low": 1.0, "high": 3.0, "direction": "lower", "fingerprint": "a"}  # fmt: skip
    return Estimate(**{**fields, **changes})


@pytest.mark.parametrize(("direction", "bad"), [("lower", 3.0), ("higher", 1.0), ("neither", None)])
def test_the_bad_end_is_the_one_that_is_worse_for_the_data(direction, bad):
    assert estimate(direction=direction).bad_end() == bad


def test_without_an_interval_there_is_no_bad_end():
    assert estimate(low=None, high=None).bad_end() is None


@pytest.mark.parametrize("changes", [{"value": math.nan}, {"high": math.inf}, {"low": 4.0}])
def test_no_estimate_is_made_of_what_is_no_number_or_no_interval(changes):
    with pytest.raises(ValueError, match=r"fidelity\.frechet_distance"):
        estimate(**changes)


def test_json_round_trip_leaves_out_what_is_absent():
    one = estimate(floor=None, note="")
    assert "floor" not in one.to_json()
    assert Estimate.from_json(one.to_json()) == one
    with pytest.raises(BadInputError, match="missing"):
        Estimate.from_json({"name": "x"})


def test_only_estimates_of_one_space_compare():
    assert difference(estimate(value=2.5), estimate()) == 0.5
    with pytest.raises(BadInputError, match="do not compare: fingerprint"):
        difference(estimate(), estimate(fingerprint="b"))
