import numpy as np

from cancergan.assessment.groups import groups_of
from tests.assessment.cohorts import context, textures


def test_ages_are_bands_and_what_is_not_known_is_no_group():
    real = textures(24, seed=2).with_column("age", [39.9, 40, 59, 60, np.nan, *[70.0] * 19])
    real = real.with_column("sex", ["female", None, *["male"] * 22])
    side = context(real, textures(20, seed=3), textures(32, seed=1)).real
    assert groups_of(side, "age")[:6].tolist() == [
        "below_40", "40_to_59", "40_to_59", "60_and_above", "", "60_and_above",
    ]  # fmt: skip
    assert groups_of(side, "sex")[:3].tolist() == ["female", "", "male"]
